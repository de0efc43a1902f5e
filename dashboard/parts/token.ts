// Colours out of the style sheet, for what is drawn on a canvas.
const dark = matchMedia('(prefers-color-scheme: dark)');
const tokens = new Map<string, string>();
dark.addEventListener('change', () => tokens.clear());

/** The present value of a custom property: light or dark. Kept, because asking the browser makes it restyle the page. */
export function token(name: string): string {
  let value = tokens.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    tokens.set(name, value);
  }
  return value;
}
