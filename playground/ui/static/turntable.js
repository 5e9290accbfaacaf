/** A picture in space on a plain canvas, turned by dragging it or by the arrow keys. */

const TURN = 0.08; // by one key press
const SPEED = 0.01; // by one pixel
const AWAY = 3.6; // of the eye, in half sides of the picture
const CLICK_PX = 4;

export class Turntable {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{yaw: number, pitch: number, low: number, high: number}} angle how it stands, from above
   *   where the pitch is positive, and the limits of its pitch; kept by the caller, to outlive it
   * @param {{turned: () => void, taken?: () => void, clicked?: (event: PointerEvent) => void}} calls
   */
  constructor(canvas, angle, calls) {
    this.angle = angle;
    this.calls = calls;
    this.held = null;
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.held = { x: event.clientX, y: event.clientY, far: 0 };
      calls.taken?.();
    });
    canvas.addEventListener('pointermove', (event) => this.drag(event));
    canvas.addEventListener('pointerup', (event) => {
      const clicked = this.held && this.held.far <= CLICK_PX;
      this.held = null;
      if (clicked) calls.clicked?.(event);
    });
    canvas.addEventListener('pointercancel', () => (this.held = null));
    canvas.addEventListener('keydown', (event) => this.key(event));
  }

  drag({ clientX, clientY }) {
    if (!this.held) return;
    const { x, y, far } = this.held;
    this.held = { x: clientX, y: clientY, far: far + Math.hypot(clientX - x, clientY - y) };
    this.turn((clientX - x) * SPEED, (clientY - y) * SPEED);
  }

  key(event) {
    const turns = { ArrowLeft: [-TURN, 0], ArrowRight: [TURN, 0], ArrowUp: [0, -TURN], ArrowDown: [0, TURN] };
    if (!turns[event.key] || event.defaultPrevented) return;
    event.preventDefault();
    this.turn(...turns[event.key]);
  }

  turn(yaw, pitch) {
    const { angle } = this;
    angle.yaw += yaw;
    angle.pitch = Math.max(angle.low, Math.min(angle.high, angle.pitch + pitch));
    this.calls.turned();
  }

  /**
   * The projection of (x, y, z), each from −1 to 1, to pixels; `depth` grows away from the eye.
   * @param {number} drop how far the origin lies below the middle, in pixels
   */
  projection(width, height, scale, drop = 0) {
    return seen(this.angle, width / 2, height / 2 + drop, scale);
  }

  /** The projection in which a box from −1 to 1, and −`high` to `high`, fits however it turns. */
  fitting(width, height, room, high) {
    const look = seen({ yaw: Math.PI / 4, pitch: this.angle.pitch }, 0, 0, 1);
    const corners = [-1, 1].flatMap((x) => [-1, 1].flatMap((y) => [look(x, y, -high), look(x, y, high)]));
    const across = Math.max(...corners.map(({ x }) => Math.abs(x)));
    const top = -Math.min(...corners.map(({ y }) => y));
    const bottom = Math.max(...corners.map(({ y }) => y));
    const scale = Math.min((width / 2 - room) / across, (height - 2 * room) / (top + bottom));
    return this.projection(width, height, Math.max(scale, 1), ((top - bottom) / 2) * scale);
  }
}

function seen({ yaw, pitch }, left, top, scale) {
  const [cy, sy] = [Math.cos(yaw), Math.sin(yaw)];
  const [cp, sp] = [Math.cos(pitch), Math.sin(pitch)];
  return (x, y, z) => {
    const across = x * cy - y * sy;
    const away = x * sy + y * cy;
    const depth = away * cp - z * sp;
    const zoom = AWAY / (AWAY + depth);
    return {
      x: left + across * scale * zoom,
      y: top - (z * cp + away * sp) * scale * zoom,
      depth, zoom,
    };
  };
}
