// Measures what a designer would measure on the page, once its fonts and transitions have ended. It is a promise of a list
// of sentences, one for each fault.
(async () => {
  const faults = [];
  const name = (e) => (e.id ? `#${e.id}` : `${e.tagName.toLowerCase()}.${e.className}`) + ` "${(e.textContent || e.placeholder || "").trim().slice(0, 30)}"`;
  const ended = () => Promise.all(document.getAnimations().filter((a) => a.effect.getTiming().iterations !== Infinity).map((a) => a.finished.catch(() => {})));
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  await document.fonts.ready;
  await frame();
  await ended();

  const rgba = (text) => {
    const n = text.match(/[\d.]+/g).map(Number);
    return { r: n[0], g: n[1], b: n[2], a: n[3] ?? 1 };
  };
  const over = (top, below) => ({ r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1 });
  const background = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      const c = rgba(getComputedStyle(at).backgroundColor);
      if (c.a > 0) layers.push(c);
      if (c.a === 1) break;
    }
    return layers.reduceRight((below, top) => over(top, below), { r: 255, g: 255, b: 255, a: 1 });
  };
  const light = (c) => {
    const [r, g, b] = [c.r, c.g, c.b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  // seen: a person can see it. What an open dialog covers does not count.
  const modal = document.querySelector("dialog[open]");
  const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.closest(".hidden, [aria-hidden=true]") && (!modal || modal.contains(e));

  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) faults.push(`the page is ${root.scrollWidth} px wide in a window of ${innerWidth}`);
  const words = [...document.querySelectorAll("body *")].filter((e) => seen(e) && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
  for (const e of words) {
    const style = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    if (box.left < 0 || box.right > innerWidth + 0.5) faults.push(`${name(e)} is cut by the window: ${box.left} to ${box.right} of ${innerWidth}`);
    const clips = style.overflowX !== "visible" && style.textOverflow !== "ellipsis" && !["auto", "scroll"].includes(style.overflowX);
    if ((clips || e.matches("button, .button, a")) && e.scrollWidth > e.clientWidth + 1 && style.display !== "inline") faults.push(`${name(e)} is cut: ${e.scrollWidth} px in ${e.clientWidth}`);
    if (e.closest(":disabled, details:not([open]) > :not(summary), option")) continue;
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const below = background(e);
    const got = contrast(over(rgba(style.color), below), below);
    if (got < needed) faults.push(`${name(e)} has a contrast of ${got.toFixed(2)}, below ${needed}`);
  }
  for (const e of document.querySelectorAll("input:not([type=file]), textarea")) {
    if (!seen(e)) continue;
    const below = background(e);
    const ink = getComputedStyle(e, "::placeholder");
    const c = rgba(ink.color);
    c.a *= parseFloat(ink.opacity);
    const got = contrast(over(c, below), below);
    if (got < 4.5) faults.push(`the placeholder of ${name(e)} has a contrast of ${got.toFixed(2)}`);
    const edge = contrast(rgba(getComputedStyle(e).borderTopColor), background(e.parentElement));
    if (edge < 3) faults.push(`the edge of ${name(e)} has a contrast of ${edge.toFixed(2)}, below 3`);
  }

  const before = document.activeElement;
  before.blur(); // an element that has the focus by a click shows no ring, and focusing it once more changes nothing
  for (const e of document.querySelectorAll("a[href], button, input, textarea, summary, video")) {
    if (!seen(e) || e.disabled) continue;
    const box = e.getBoundingClientRect();
    if (e.matches("button") && (box.width < 24 || box.height < 24)) faults.push(`${name(e)} is small to hit: ${box.width} × ${box.height}`);
    e.focus({ focusVisible: true, preventScroll: true });
    await frame();
    await ended();
    const ringed = e.matches(".button input") ? e.parentElement : e;
    const style = getComputedStyle(ringed);
    const width = parseFloat(style.outlineWidth);
    if (e.matches("video")) continue; // the browser's own controls have rings of their own
    if (style.outlineStyle === "none" || width < 2) {
      faults.push(`${name(ringed)} shows no focus`);
      continue;
    }
    const offset = parseFloat(style.outlineOffset);
    const ring = contrast(rgba(style.outlineColor), background(offset < 0 ? ringed : ringed.parentElement));
    if (ring < 3) faults.push(`the focus ring of ${name(ringed)} has a contrast of ${ring.toFixed(2)}`);
    const out = ringed.getBoundingClientRect();
    const reach = Math.max(0, offset + width);
    for (let at = ringed.parentElement; at && at !== document.body; at = at.parentElement) {
      if (getComputedStyle(at).overflowX === "visible") continue;
      const hole = at.getBoundingClientRect();
      if (out.left - reach < hole.left - 0.5 || out.right + reach > hole.right + 0.5) faults.push(`the focus ring of ${name(ringed)} is cut by ${name(at)}`);
    }
  }
  document.activeElement.blur();
  before.focus({ preventScroll: true });
  await frame();
  await ended();
  return faults;
})()
