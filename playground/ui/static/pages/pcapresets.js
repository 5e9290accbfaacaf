/** Points to begin with, each to show one thing. */

const round = (value) => Math.round(value * 100) / 100;

/** A cloud without chance: a spiral of even density, stretched and turned. */
function cloud(n, across, up, degrees, [x, y] = [0, 0]) {
  const turn = (degrees * Math.PI) / 180;
  return Array.from({ length: n }, (_, i) => {
    const radius = Math.sqrt((i + 0.5) / n);
    const at = i * 2.399963;
    const [u, v] = [across * radius * Math.cos(at), up * radius * Math.sin(at)];
    return [round(x + u * Math.cos(turn) - v * Math.sin(turn)), round(y + u * Math.sin(turn) + v * Math.cos(turn))];
  });
}

export const PRESETS = {
  cloud: cloud(16, 2.6, 0.9, 32, [1.2, 0.8]),
  round: cloud(16, 1.9, 1.9, 0),
  line: Array.from({ length: 8 }, (_, i) => [round(-2.1 + 0.6 * i), round(-1.05 + 0.3 * i)]),
  outlier: [...cloud(14, 2.2, 0.5, 15), [0.4, 3.4]],
  groups: [...cloud(8, 0.6, 0.6, 0, [-1.8, -0.6]), ...cloud(8, 0.6, 0.6, 0, [1.8, 0.6])],
  curve: Array.from({ length: 13 }, (_, i) => [round(-2.4 + 0.4 * i), round(0.55 * (-2.4 + 0.4 * i) ** 2 - 1.6)]),
  constant: Array.from({ length: 7 }, (_, i) => [round(-1.8 + 0.6 * i), 1]),
  single: [[1, 0.5]],
};
