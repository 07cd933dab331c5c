// Draws one slide of a deck for Marp with marp-core. The slide is in the element "deck". Sets window.__lectern.ready when
// the slide is finished, and lists text that does not fit and formulas that are wrong in window.__lectern.overflow.
(() => {
  "use strict";
  const slide = JSON.parse(document.getElementById("deck").textContent);
  const overflow = [];

  const short = (text, n) => String(text).replace(/\s+/g, " ").trim().slice(0, n);
  const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

  // A wrong formula is shown as its source.
  const inner = window.katex;
  if (inner) {
    window.katex = {
      renderToString(source, options) {
        try {
          return inner.renderToString(source, { ...options, throwOnError: true, strict: "ignore", trust: false, maxSize: 40,
            maxExpand: 1000, macros: {} });
        } catch (e) {
          const why = String((e && e.message) || e).replace(/^KaTeX parse error: /, "").replace(/:[^:]*$/, "");
          overflow.push({ element: "markdown", unit: "formula", source: short(source, 80), why: short(why, 300) });
          return escaped(source);
        }
      },
    };
  }

  // picture returns the address that the page may load for an address in the deck, or "".
  function picture(address) {
    let plain = address;
    try { plain = decodeURI(address); } catch { /* it is not encoded */ }
    for (const name of [address, plain]) if (Object.hasOwn(slide.images, name)) return slide.images[name];
    return "";
  }
  const mapped = (css) =>
    css.replace(/url\(\s*(["']?)(.*?)\1\s*\)/g, (all, quote, address) => {
      if (/^(data:|#)/.test(address)) return all;
      const to = picture(address.replace(/\\(.)/g, "$1"));
      return to ? `url("${to}")` : "none";
    });

  // styles adds the CSS of theme and deck. What it imports is not loaded: such a style sheet ignores imports. The fonts of
  // formulas are in the page.
  function styles(css) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(mapped(css.replace(/@font-face\s*\{[^}]*KaTeX_[^}]*\}/g, "")));
    document.adoptedStyleSheets = [sheet];
  }

  // arrange completes what marp-core made of one slide without the others: pictures and the page number.
  function arrange(content) {
    for (const img of content.querySelectorAll("img")) {
      const src = img.getAttribute("src") || "";
      const to = src.startsWith("data:image/") ? src : picture(src);
      img.removeAttribute("srcset");
      if (to) img.setAttribute("src", to);
      else img.removeAttribute("src");
    }
    for (const el of content.querySelectorAll("[style]")) {
      const style = el.getAttribute("style");
      if (style.includes("url(")) el.setAttribute("style", mapped(style));
    }
    for (const el of content.querySelectorAll("[data-marpit-pagination]")) {
      el.setAttribute("data-marpit-pagination", slide.page);
      if (slide.pages) el.setAttribute("data-marpit-pagination-total", slide.pages);
    }
  }

  const frame = () => new Promise((next) => requestAnimationFrame(next));

  async function draw() {
    const marp = new marpCore.Marp({ inlineSVG: true, script: false, slug: false, minifyCSS: false,
      emoji: { shortcode: true, unicode: false }, math: { lib: "katex", katexFontPath: false } });
    // JSON is YAML too.
    const { html, css } = marp.render(`---\n${JSON.stringify(slide.front)}\n---\n\n${slide.markdown}\n`);
    const template = document.createElement("template");
    template.innerHTML = html;
    const made = template.content.querySelectorAll("svg[data-marpit-svg]").length;
    if (made !== 1) throw new Error(`marp-core makes ${made} slides of it, and Lectern one. Use --draw lectern, or change the text where a slide begins`);
    arrange(template.content);
    styles(css);
    document.getElementById("slide").replaceChildren(template.content);
    marpCore.browser(document);
    await Promise.all([...document.fonts].map((f) => f.load().catch(() => {})));
    await document.fonts.ready;
    let whole = true;
    await Promise.all([...document.images].map((i) => i.src && i.decode().catch(() => { whole = false; })));
    if (!whole) throw new Error("a picture on it is damaged");
    for (let i = 0; i < 4; i++) await frame(); // headings and listings are scaled when their size is known
    for (const el of document.querySelectorAll("foreignObject>section")) {
      if (el.scrollHeight > el.clientHeight + 4 || el.scrollWidth > el.clientWidth + 4) {
        overflow.push({ element: "markdown", unit: "clipped" });
        break;
      }
    }
    return true;
  }
  window.__lectern = { overflow, ready: draw() };
})();
