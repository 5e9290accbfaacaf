/** Charts as PNG files: layers painted one over the other on the page's background. */

import { el } from './dom.js';

const SCALE = 2;
const TITLE_HEIGHT = 30;

/**
 * @param {{name: string, title: string, width: number, height: number, theme: object}} chart
 * @param {(context: CanvasRenderingContext2D) => void|Promise<void>} draw in CSS pixels
 */
export async function savePng({ name, title, width, height, theme }, draw) {
  const canvas = el('canvas', { width: width * SCALE, height: (height + TITLE_HEIGHT) * SCALE });
  const context = canvas.getContext('2d');
  context.scale(SCALE, SCALE);
  context.fillStyle = theme.background;
  context.fillRect(0, 0, width, height + TITLE_HEIGHT);
  context.fillStyle = theme.text;
  context.font = `600 13px ${theme.font}`;
  context.textBaseline = 'middle';
  context.fillText(title, 12, TITLE_HEIGHT / 2 + 2, width - 24);
  context.translate(0, TITLE_HEIGHT);
  await draw(context);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  const link = el('a', { href: URL.createObjectURL(blob), download: `${name}.png` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A Plotly chart as an image that can be drawn over canvases. */
export async function plotlyImage(plotly, plot, { width, height }) {
  const source = await plotly.toImage(plot, { format: 'png', width, height, scale: SCALE });
  const image = new Image();
  image.src = source;
  await image.decode();
  return image;
}

/** What a saved picture is called: "playground-map-epoch-120". */
export const fileName = (part, header) => `playground-${part}-epoch-${header?.epoch ?? 0}`;
