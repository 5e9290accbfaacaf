/** Small helpers to build the page's elements. */

/** Outlines in a 24 × 24 box. */
const ICONS = {
  play: 'M8 5.1v13.8L19 12z',
  pause: 'M6.5 5h4v14h-4zM13.5 5h4v14h-4z',
  step: 'M6 5.5v13L14.5 12zM16 5.5h2.4v13H16z',
  epoch: 'M3 6v12l7.5-6zM10.5 6v12l7.5-6zM19 6h2.2v12H19z',
  reset:
    'M12 5V1.6L7.2 6.3 12 11V7.2a4.9 4.9 0 1 1-4.9 4.9H4.9A7.1 7.1 0 1 0 12 5z',
  seed:
    'M6 3h12a3 3 0 0 1 3 3v12a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3V6a3 3 0 0 1 3-3zm0 2a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1V6a1 1 0 0 0-1-1zM8.5 7a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3zm7 0a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3zM12 10.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3zM8.5 14a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3zm7 0a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3z',
  download: 'M11 4h2v8.2l3-3 1.4 1.4L12 16l-5.4-5.4L8 9.2l3 3zM5 18h14v2H5z',
  undo: 'M8 5.2 9.4 6.6 7 9h7a5.5 5.5 0 0 1 0 11H9v-2h5a3.5 3.5 0 0 0 0-7H7l2.4 2.4L8 14.8 3.2 10z',
  back: 'M11 5.5 12.4 7 8.4 11H20v2H8.4l4 4-1.4 1.5L4.5 12z',
  zoomIn: 'M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z',
  zoomOut: 'M5 11h14v2H5z',
  eraser: 'M14.5 4.2 20 9.7a1.6 1.6 0 0 1 0 2.2L13.2 19H20v2H8.6l-4.7-4.7a1.6 1.6 0 0 1 0-2.2l8.4-9.9a1.6 1.6 0 0 1 2.2 0zM8.4 12.2l-3 3.1L9.2 19h1.2l3.4-3.5z',
  eye: 'M12 5.5c4.6 0 8.2 2.7 10 6.5-1.8 3.8-5.4 6.5-10 6.5s-8.2-2.7-10-6.5c1.8-3.8 5.4-6.5 10-6.5zm0 2c-3.4 0-6.1 1.8-7.7 4.5 1.6 2.7 4.3 4.5 7.7 4.5s6.1-1.8 7.7-4.5c-1.6-2.7-4.3-4.5-7.7-4.5zm0 1.7a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6z',
  fit: 'M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z',
  box: 'M4 5h4v2H6v2H4zM10 5h4v2h-4zM16 5h4v4h-2V7h-2zM4 11h2v3H4zM18 11h2v3h-2zM4 16h2v1h2v2H4zM10 17h4v2h-4zM18 16h2v3h-4v-2h2z',
  lasso: 'M12 4c5 0 9 2.5 9 6s-4 6-9 6c-.9 0-1.700-.1-2.500-.2-.4.9-1.300 1.600-2.400 1.700.1 1 .6 1.700 1.900 2.500l-1.100 1.600c-2.200-1.300-2.900-2.800-2.800-4.600A2.600 2.600 0 0 1 4.700 14 5 5 0 0 1 3 10c0-3.500 4-6 9-6zm0 2c-4 0-7 1.900-7 4 0 .9.500 1.700 1.300 2.400A2.600 2.600 0 0 1 9.500 13.800c.8.1 1.600.2 2.500.2 4 0 7-1.900 7-4s-3-4-7-4z',
  table: 'M3 4h18v16H3zm2 2v3h14V6zm0 5v2.500h6V11zm8 0v2.500h6V11zm-8 4.500V18h6v-2.500zm8 0V18h6v-2.500z',
  pin: 'M15.5 3.5 20.5 8.5l-1.4 1.4-.8-.3-3.6 3.6.1 3.3-1.6 1.6-3.6-3.6L5 19.2 3.8 20.2l1-1.2 4.7-4.6L5.900 10.800l1.600-1.600 3.300.1 3.600-3.600-.3-.8z',
  previous: 'M15.5 5 16.9 6.4 11.300 12l5.600 5.600-1.400 1.400-7-7z',
  next: 'M8.5 5 7.1 6.4 12.700 12l-5.600 5.600 1.400 1.400 7-7z',
  random: 'M17 4l4 3.500L17 11V8.500h-1.600L7.800 17H3v-2h3.900l7.600-8.500H17zM3 6.500h4.800l2.400 2.700-1.300 1.500-2-2.200H3zM17 13l4 3.500-4 3.500v-2.500h-2.500l-2.400-2.700 1.300-1.500 2 2.200H17z',
  close: 'M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z',
};

/**
 * @param {string} tag
 * @param {object} [attributes] `class`, `text`, `on: {event: handler}`, else set as attributes
 * @param {...Node} children
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (name === 'text') node.textContent = value;
    else if (name === 'on') {
      for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    } else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

export function setIcon(node, name) {
  if (node.dataset.icon === name) return;
  node.dataset.icon = name;
  node.querySelector('svg path').setAttribute('d', ICONS[name]);
}

/** A button that shows an icon; its name is read aloud, its tip says what it does. */
export function iconButton({ name, label, tip, onClick, className = '' }) {
  const node = el('button', {
    type: 'button',
    class: `np-icon ${className}`,
    'aria-label': label,
    title: tip ?? label,
    on: { click: onClick },
  });
  node.dataset.icon = name;
  node.append(icon(name));
  return node;
}

/**
 * A list to choose from. Without options it is not seen.
 * @param {{label: string, tip?: string, options?: Array<[value: string|number, text: string]>,
 *   value?: string|number, onChange: (value: string) => void}} calls
 */
export function select({ label, tip = label, options = [], value, onChange }) {
  const node = el('select', {
    class: 'np-select', 'aria-label': label, title: tip, on: { change: () => onChange(node.value) },
  });
  offer(node, options, value);
  return node;
}

/** Gives a list other options; `value` is the one that is chosen. */
export function offer(node, options, value) {
  node.replaceChildren(...options.map(([own, text]) => el('option', { value: own, text })));
  if (value !== undefined) node.value = value;
}

/** A small text button that stays pressed. */
export function toggle({ label, tip, pressed, onChange }) {
  const node = el('button', {
    type: 'button',
    class: 'np-toggle',
    text: label,
    title: tip,
    'aria-pressed': String(Boolean(pressed)),
  });
  node.addEventListener('click', () => {
    const now = node.getAttribute('aria-pressed') !== 'true';
    node.setAttribute('aria-pressed', String(now));
    onChange(now);
  });
  return node;
}

/** Sets text only when it changes: an untouched node costs no layout. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Gives a canvas the size of its box in device pixels. Returns its context, in CSS pixels. */
export function fitCanvas(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const w = Math.max(1, Math.round(width * ratio));
  const h = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/**
 * Alt text that keeps its meaning while the picture moves: at most one change a second, since a
 * screen reader that follows thirty changes a second says nothing.
 * @param {Element} node @param {string} first what it is, until there is something to see
 */
export function altText(node, first) {
  node.setAttribute('aria-label', first);
  let next = 0;
  let timer = null;
  let latest;
  const write = () => {
    timer = null;
    next = performance.now() + 1000;
    const text = latest();
    if (node.getAttribute('aria-label') !== text) node.setAttribute('aria-label', text);
  };
  return (compose) => {
    latest = compose;
    const wait = next - performance.now();
    if (wait <= 0) write();
    else timer ??= setTimeout(write, wait);
  };
}
