// Makes the text of every slide fit. Sizes step down together, so that equal things stay equal: first numbers, then the
// title if it does not fit or has too many lines, then the body, then the title again. At the smallest size wide numbers
// may break. Text that does not fit even then is removed from the end, and window.__lectern.overflow lists how much of
// each element is hidden. Sets window.__lectern.ready when the page is finished.
(() => {
  "use strict";
  const state = (window.__lectern = { ready: false, overflow: [] });
  const FLOOR = 0.46, STEP = 0.94;
  const ROOMY = 88, SMALLEST = 36; // px: smaller numbers are stacked; at the smallest they break

  const lines = (el) => {
    const range = document.createRange();
    const found = [];
    const add = (node) => {
      range.selectNodeContents(node);
      found.push(...range.getClientRects());
    };
    const formulas = el.querySelectorAll(".katex-base");
    if (!formulas.length) add(el);
    else {
      // The parts of a formula have boxes that are larger than what is seen of them.
      const texts = document.createTreeWalker(el, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) if (!texts.currentNode.parentElement.closest(".katex")) add(texts.currentNode);
      for (const img of el.querySelectorAll("img")) found.push(img.getBoundingClientRect());
      for (const f of formulas) {
        const r = f.getBoundingClientRect();
        found.push({ left: r.left, right: r.right, top: r.top, bottom: r.bottom, width: r.width, whole: true });
      }
    }
    return found.filter((r) => r.width > 0.5);
  };
  // Boxes of fonts extend differently above and below the letters. The visible part is one em around the middle.
  const seen = (r, size) => {
    if (r.whole) return r;
    const middle = (r.top + r.bottom) / 2;
    return { left: r.left, right: r.right, top: middle - size * 0.5, bottom: middle + size * 0.5 };
  };
  const rows = (rects, size) => {
    const tops = [];
    for (const r of rects) if (!r.whole && !tops.some((t) => Math.abs(t - r.top) < size * 0.5)) tops.push(r.top);
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

  // faults lists the elements in a wrong place, with the number of good lines before the first wrong one, and those with
  // too many lines (soft).
  function faults(slide, keep) {
    const found = [];
    for (const el of slide.querySelectorAll("[data-t],[data-c]")) {
      const style = getComputedStyle(el);
      const card = el.hasAttribute("data-c");
      const size = parseFloat(style.fontSize);
      const placed = style.getPropertyValue("--placed").trim() === "1";
      const box = (placed ? slide : (card ? el.parentElement : el).closest("[data-box],.body") || slide).getBoundingClientRect();
      const slack = card ? 1 : size * 0.06;
      const whole = card || el.dataset.short; // hidden lines of a shortened text have places too
      const rects = whole ? [el.getBoundingClientRect()].filter((r) => r.width > 0) : lines(el).map((r) => seen(r, size));
      const overSide = (r) => r.left < box.left - 3 || r.right > box.right + 3;
      const bad = rects.findIndex((r) =>
        overSide(r) || r.top < box.top - slack || r.bottom > box.bottom + slack || (keep && hits(r, keep)));
      const title = el.dataset.t === "title", num = el.dataset.t === "num";
      if (bad >= 0) found.push({ el, card, placed, size, title, num, wide: rects.some(overSide), good: card ? 0 : rows(rects.slice(0, bad), size) });
      else if (el.dataset.lines && rows(rects, size) > Number(el.dataset.lines)) found.push({ el, soft: true, title });
    }
    return found;
  }

  function fit(slide) {
    const keep = windowOf(slide);
    let body = Number(slide.dataset.grow) || 1, title = 1, num = 1;
    const apply = () => {
      for (const [name, v] of [["--k", body], ["--kt", title], ["--kn", num]]) slide.style.setProperty(name, v.toFixed(4));
    };
    const first = (name) => !slide.classList.contains(name) && (slide.classList.add(name), true);
    apply();
    for (let i = 0; i < 160; i++) {
      const found = faults(slide, keep);
      if (found.length === 0) return [];
      const hard = found.filter((f) => !f.soft), nums = hard.filter((f) => f.num);
      const byTitle = found.some((f) => f.title), byBody = hard.some((f) => !f.title) || found.some((f) => f.soft && !f.title);
      if (nums.some((f) => f.wide && f.size < ROOMY && f.el.closest("[data-stack]")) && first("stacked")) num = 1;
      else if (num > 0.05 && nums.some((f) => f.size > SMALLEST)) num *= STEP;
      else if (nums.some((f) => f.wide) && first("breaks"));
      else if (byTitle && title > 0.62) title *= STEP;
      else if (byBody && body > FLOOR) body *= STEP;
      else if (hard.length && body > FLOOR) body *= STEP;
      else if (hard.length && title > FLOOR) title *= STEP;
      else if (hard.some((f) => f.wide) && first("breaks"));
      else break;
      apply();
    }
    return cut(slide, keep);
  }

  const ownerOf = (el) => el.closest("[data-el]");
  const gone = (el) => el.getClientRects().length === 0;
  const length = (text) => [...text.trim()].length;

  // units returns the parts by which an element can be shortened, in order: items of a list, rows of a table,
  // paragraphs of a text.
  function units(owner) {
    const found = new Set();
    for (const el of owner.querySelectorAll("[data-item],.prose [data-t]")) {
      if (ownerOf(el) !== owner) continue;
      let unit = el;
      for (let up = el; up !== owner; up = up.parentElement) if (up.hasAttribute("data-item")) unit = up;
      found.add(unit);
    }
    return [...found];
  }

  // rest counts the characters of el after its first good lines.
  function rest(el, good, size) {
    const node = [...el.childNodes].find((n) => n.nodeType === Node.TEXT_NODE);
    if (!node || el.childNodes.length > 1) return 0;
    const tops = [];
    for (const r of lines(el)) if (!tops.some((t) => Math.abs(t - r.top) < size * 0.5)) tops.push(r.top);
    tops.sort((a, b) => a - b);
    if (good >= tops.length) return 0;
    const range = document.createRange();
    let low = 0, high = node.data.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      range.setStart(node, middle);
      range.setEnd(node, middle + 1);
      const r = range.getClientRects()[0];
      if (!r || r.top < tops[good] - size * 0.25) low = middle + 1;
      else high = middle;
    }
    return length(node.data.slice(low));
  }

  // shorten shows the first lines of a text.
  function shorten(el, lines) {
    el.dataset.short = rest(el, lines, parseFloat(getComputedStyle(el).fontSize));
    el.style.cssText += `;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:${lines};overflow:hidden`;
  }

  // cut removes text that does not fit, and returns the elements that may lack something.
  function cut(slide, keep) {
    const touched = new Set(), short = new Map(), least = new Set();
    const hard = () => faults(slide, keep).filter((f) => !f.soft && !f.el.dataset.cut);
    const shown = (owner) => (owner ? units(owner).filter((u) => !gone(u)) : []);
    const hide = (u, yes) => { u.style.display = yes ? "none" : ""; };
    const long = (owner) => shown(owner).length > 1 && !least.has(owner);

    // trim shows as many units of owner as possible while el and all of owner fit, and as many lines of the next
    // paragraph as fit.
    function trim(owner, el) {
      const list = shown(owner);
      const fits = (n) => {
        list.forEach((u, i) => hide(u, i >= n));
        return !hard().some((x) => x.el === el || owner.contains(x.el));
      };
      let low = 1, high = list.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (fits(middle)) low = middle;
        else high = middle - 1;
      }
      const next = list[low];
      if (!fits(low)) least.add(owner);
      else if (next.hasAttribute("data-t")) {
        hide(next, false);
        const late = hard().find((x) => x.el === next);
        if (late && late.good > 0) shorten(next, late.good);
        if (!late || late.good === 0 || hard().some((x) => owner.contains(x.el))) hide(next, true);
      }
    }

    slide.classList.add("cut");
    for (let i = 0; i < 100; i++) {
      const found = hard();
      for (const f of found) touched.add(ownerOf(f.el) || f.el);
      const f = found.find((f) => !f.card && !f.placed) || found.find((f) => !f.placed);
      if (!f) break;
      const owner = ownerOf(f.el);
      // An element first loses its own units, then its lines. Then the elements around it get smaller.
      if (long(owner)) {
        trim(owner, f.el);
        continue;
      }
      if (!f.card && f.good > 0 && !short.has(f.el)) {
        short.set(f.el, f.good);
        shorten(f.el, f.good);
        continue;
      }
      const others = f.el.closest(".head") ? [] : [...slide.querySelectorAll(".stage [data-el]")].filter(long);
      if (others.length) {
        const longest = others.reduce((a, b) => (shown(b).length > shown(a).length ? b : a));
        touched.add(longest);
        trim(longest, f.el);
        continue;
      }
      const texts = [...short].filter(([el, n]) => n > 1 && !gone(el) && (el === f.el || !short.has(f.el)));
      if (texts.length) {
        const [el, n] = texts.reduce((a, b) => (b[1] > a[1] ? b : a));
        short.set(el, n - 1);
        shorten(el, n - 1);
        continue;
      }
      f.el.dataset.cut = "1";
      hide(f.el.closest("[data-item]") || f.el, true);
    }
    return [...touched];
  }

  // report returns how much of an element is hidden.
  function report(slide, el) {
    const list = el.matches("[data-el]") ? units(el) : [];
    const lacks = (u) => gone(u) || u.matches("[data-short],[data-cut]") || u.querySelector("[data-short],[data-cut]");
    let unit = "characters", hidden = 0, total = 0;
    if (list.length > 1 && list.every((u) => u.hasAttribute("data-item"))) {
      [hidden, total] = [list.filter(lacks).length, list.length];
      unit = el.dataset.unit || (list[0].matches("tr") ? "rows" : "items");
    }
    if (hidden === 0) {
      unit = "characters";
      total = 0;
      for (const t of [el, ...el.querySelectorAll("[data-t]")]) {
        if (!t.hasAttribute("data-t") || (t !== el && ownerOf(t) && ownerOf(t) !== el)) continue;
        const n = length(t.textContent);
        total += n;
        hidden += gone(t) ? n : Number(t.dataset.short) || 0;
      }
    }
    const many = document.querySelectorAll(".slide").length > 1;
    const name = el.dataset.el || "text";
    return { element: many ? slide.id + "." + name : name, hidden, total, unit };
  }

  // broken counts the lines of code that are wrapped. Nothing is lost by that.
  function broken(slide) {
    const code = [...slide.querySelectorAll(".breaks .lines code, .breaks.slide .lines code")];
    const long = code.filter((el) => !gone(el) && rows(lines(el), parseFloat(getComputedStyle(el).fontSize)) > 1);
    if (!long.length) return [];
    const many = document.querySelectorAll(".slide").length > 1;
    return [{ element: (many ? slide.id + "." : "") + "code", hidden: long.length, total: code.length, unit: "broken lines" }];
  }

  // missing lists elements with text that the style of a narrow slide hides.
  function missing(slide) {
    const found = new Set();
    for (const t of slide.querySelectorAll("[data-t]")) {
      const th = t.closest("th"); // shown next to each cell instead, except for the first
      if (gone(t) && t.textContent.trim() && !(th && th.cellIndex > 0)) found.add(ownerOf(t) || t);
    }
    return [...found];
  }

  // Returns whether all pictures can be decoded. One that cannot is left out of a preview, and fails the page of a
  // slide.
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
      if (window.__lecternDrawn) {
        await window.__lecternDrawn.done;
        state.overflow.push(...window.__lecternDrawn.faults);
      }
      await document.fonts.ready;
      whole = await pictures();
      for (const slide of document.querySelectorAll(".slide")) {
        const lost = new Set(missing(slide));
        for (const el of fit(slide)) lost.add(el);
        const all = [...lost].map((el) => report(slide, el));
        const some = all.filter((o) => o.hidden > 0); // the others only caused the overflow
        state.overflow.push(...(some.length ? some : all), ...broken(slide));
      }
    } finally {
      state.ready = whole || !document.querySelector(".apart") || Promise.reject(new Error("a picture on it is damaged"));
    }
  })();
})();
