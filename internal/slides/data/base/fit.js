// Makes the text of every slide fit. Sizes step down together, so that equal things stay equal: first the title where
// it takes too many lines, then the body, then the title again. What does not fit at the floor is cut at a line's end
// and named in window.__lectern.overflow. Sets window.__lectern.ready when the picture may be taken.
(() => {
  "use strict";
  const state = (window.__lectern = { ready: false, overflow: [] });
  const FLOOR = 0.46, STEP = 0.94;

  const lines = (el) => {
    const range = document.createRange();
    range.selectNodeContents(el);
    return [...range.getClientRects()].filter((r) => r.width > 0.5);
  };
  // Fonts differ in how far their boxes reach above and below the letters; one em around the middle is what is seen.
  const seen = (r, size) => {
    const middle = (r.top + r.bottom) / 2;
    return { left: r.left, right: r.right, top: middle - size * 0.5, bottom: middle + size * 0.5 };
  };
  const rows = (rects, size) => {
    const tops = [];
    for (const r of rects) if (!tops.some((t) => Math.abs(t - r.top) < size * 0.5)) tops.push(r.top);
    return tops.length;
  };
  const hits = (r, w) => r.left < w.right && r.right > w.left && r.top < w.bottom && r.bottom > w.top;

  function windowOf(slide) {
    if (!slide.dataset.window) return null;
    const at = slide.getBoundingClientRect();
    const [x, y, w, h] = slide.dataset.window.split(" ").map(Number);
    const air = 24;
    return { left: at.left + x - air, top: at.top + y - air, right: at.left + x + w + air, bottom: at.top + y + h + air };
  }

  // faults lists what is in a wrong place, with the number of lines before the first wrong one.
  function faults(slide, keep) {
    const found = [];
    for (const el of slide.querySelectorAll("[data-t],[data-c]")) {
      const style = getComputedStyle(el);
      const card = el.hasAttribute("data-c");
      const size = parseFloat(style.fontSize);
      const placed = style.getPropertyValue("--placed").trim() === "1";
      const box = (placed ? slide : (card ? el.parentElement : el).closest("[data-box],.body") || slide).getBoundingClientRect();
      const slack = card ? 1 : size * 0.06;
      const rects = card ? [el.getBoundingClientRect()].filter((r) => r.width > 0) : lines(el).map((r) => seen(r, size));
      const bad = rects.findIndex((r) =>
        r.left < box.left - 3 || r.right > box.right + 3 || r.top < box.top - slack || r.bottom > box.bottom + slack || (keep && hits(r, keep)));
      if (bad >= 0) found.push({ el, card, placed, good: card ? 0 : rows(rects.slice(0, bad), size), title: el.dataset.t === "title" });
      else if (el.dataset.lines && rows(rects, size) > Number(el.dataset.lines)) found.push({ el, soft: true, title: el.dataset.t === "title" });
    }
    return found;
  }

  function fit(slide) {
    const keep = windowOf(slide);
    let body = Number(slide.dataset.grow) || 1, title = 1;
    const apply = () => { slide.style.setProperty("--k", body.toFixed(4)); slide.style.setProperty("--kt", title.toFixed(4)); };
    apply();
    for (let i = 0; i < 60; i++) {
      const found = faults(slide, keep);
      if (found.length === 0) return;
      const hard = found.filter((f) => !f.soft);
      const byTitle = found.some((f) => f.title), byBody = hard.some((f) => !f.title) || found.some((f) => f.soft && !f.title);
      if (byTitle && title > 0.62) title *= STEP;
      else if (byBody && body > FLOOR) body *= STEP;
      else if (hard.length && body > FLOOR) body *= STEP;
      else if (hard.length && title > FLOOR) title *= STEP;
      else break;
      apply();
    }
    cut(slide, keep);
  }

  function cut(slide, keep) {
    const named = new Set();
    slide.classList.add("cut");
    for (let i = 0; i < 200; i++) {
      const found = faults(slide, keep).filter((f) => !f.soft && !f.el.dataset.cut);
      for (const f of found) named.add((f.el.closest("[data-el]") || f.el).dataset.el || "text");
      const f = found.find((f) => !f.card && !f.placed) || found.findLast((f) => f.card && f.el.hasAttribute("data-item"));
      if (!f) break;
      if (!f.card && f.good > 0 && !f.el.dataset.short) {
        f.el.dataset.short = "1";
        f.el.style.cssText += `;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:${f.good};overflow:hidden`;
      } else {
        f.el.dataset.cut = "1";
        (f.el.closest("[data-item]") || f.el).style.display = "none";
      }
    }
    const many = document.querySelectorAll(".slide").length > 1;
    for (const n of named) state.overflow.push(many ? slide.id + "." + n : n);
  }

  // Gives whether all pictures can be decoded. Those that cannot are left out of a preview, and fail a slide's page.
  async function pictures() {
    let whole = true;
    await Promise.all([...document.images].map(async (img) => {
      try { await img.decode(); } catch { whole = false; img.closest("[data-picture]")?.classList.add("broken"); }
    }));
    return whole;
  }

  (async () => {
    let whole = true;
    try {
      await document.fonts.ready;
      whole = await pictures();
      for (const slide of document.querySelectorAll(".slide")) fit(slide);
    } finally {
      state.ready = whole || !document.querySelector(".apart") || Promise.reject(new Error("a picture on it is damaged"));
    }
  })();
})();
