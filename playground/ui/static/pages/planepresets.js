/** Matrices that show one thing each, by their number of dimensions. */

const [COS, SIN] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];

export const PRESETS = {
  2: {
    identity: [1, 0, 0, 1],
    rotation: [COS, -SIN, SIN, COS],
    scaling: [2, 0, 0, 0.5],
    shear: [1, 1, 0, 1],
    reflection: [0, 1, 1, 0],
    projection: [0.8, 0.4, 0.4, 0.2],
    symmetric: [1.5, 0.5, 0.5, 1.5],
    spiral: [0.75, -0.6, 0.6, 0.75],
    defective: [1.5, 0.5, -0.5, 0.5],
    singular: [1, -1, 0.5, -0.5],
    nilpotent: [0, 1, 0, 0],
    fibonacci: [1, 1, 1, 0],
    zero: [0, 0, 0, 0],
  },
  3: {
    identity: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    rotation: [0, 0, 1, 1, 0, 0, 0, 1, 0],
    scaling: [1.5, 0, 0, 0, 1, 0, 0, 0, 0.5],
    shear: [1, 0, 0.8, 0, 1, 0, 0, 0, 1],
    reflection: [1, 0, 0, 0, 1, 0, 0, 0, -1],
    projection: [1, 0, 0, 0, 1, 0, 0, 0, 0],
    symmetric: [1.4, 0.4, 0, 0.4, 1, 0.3, 0, 0.3, 0.8],
    spiral: [0.7, -0.6, 0, 0.6, 0.7, 0, 0, 0, 1.1],
    defective: [1, 1, 0, 0, 1, 1, 0, 0, 1],
    singular: [1, 0, 0.5, 0, 1, 0.5, 1, 1, 1],
    zero: [0, 0, 0, 0, 0, 0, 0, 0, 0],
  },
};
