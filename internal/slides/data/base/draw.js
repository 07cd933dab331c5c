// Draws the formulas and diagrams of a page, before the script that makes texts fit. It leaves the source of one that
// cannot be drawn, and lists it in window.__lecternDrawn.faults. window.__lecternDrawn.done is a promise.
(() => {
  "use strict";
  const faults = [];
  const first = (text) => String(text).replace(/\s+/g, " ").trim().slice(0, 300);
  const fault = (el, unit, source, error) => {
    const owner = el.closest("[data-el]"), slide = el.closest(".slide");
    const many = document.querySelectorAll(".slide").length > 1;
    const name = owner ? owner.dataset.el : "text";
    faults.push({ element: many ? slide.id + "." + name : name, unit,
      source: first(source).slice(0, 80), why: first(error && error.message || error) });
  };

  function formulas() {
    for (const el of document.querySelectorAll(".t-markdown :is(.tex,.formula)")) {
      const source = el.textContent, block = el.classList.contains("formula");
      try {
        katex.render(source, el, { displayMode: block, output: "html", throwOnError: true, strict: "ignore", trust: false,
          maxSize: 40, maxExpand: 1000, macros: {} });
        el.classList.add("drawn");
      } catch (e) {
        el.textContent = source;
        // "KaTeX parse error: Expected '}', got 'EOF' at end of input: …"
        fault(el, "formula", source, String(e && e.message || e).replace(/^KaTeX parse error: /, "").replace(/:[^:]*$/, ""));
      }
    }
  }

  // A formula of its own that is wider than its place gets smaller, so that the rest of the text does not have to.
  function narrow() {
    for (const el of document.querySelectorAll(".formula.drawn")) {
      const place = el.getBoundingClientRect().width;
      let left = Infinity, right = -Infinity;
      for (const base of el.querySelectorAll(".katex-base,.tag")) {
        const r = base.getBoundingClientRect();
        left = Math.min(left, r.left);
        right = Math.max(right, r.right);
      }
      if (place > 0 && right - left > place) el.style.setProperty("--ks", Math.max(0.35, (place / (right - left)) * 0.98).toFixed(3));
    }
  }

  // colour returns a custom property of an element as "#rrggbb", as it looks on the element's background.
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  function colour(el, name, under) {
    const style = getComputedStyle(el);
    for (const c of [under && style.getPropertyValue(under).trim() || "#fff", style.getPropertyValue(name).trim()]) {
      pen.fillStyle = c || "transparent";
      pen.fillRect(0, 0, 1, 1);
    }
    return "#" + [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map((n) => n.toString(16).padStart(2, "0")).join("");
  }
  const dark = (hex) => [1, 3, 5].reduce((sum, i, k) => sum + parseInt(hex.slice(i, i + 2), 16) * [0.3, 0.59, 0.11][k], 0) < 128;

  function look(el) {
    const c = (name) => colour(el, name, "--ground");
    const ground = c("--ground"), ink = c("--ink"), box = c("--surface2"), soft = c("--surface"), accent = c("--accent");
    // Parts of one kind, such as the pieces of a pie, have the colours of the theme in turn.
    const parts = {}, turn = ["--accent", "--warm", "--good", "--art2", "--art3", "--bright", "--art4", "--art1"].map(c);
    for (let i = 0; i < 12; i++) {
      const part = turn[i % turn.length], on = dark(part) ? "#ffffff" : "#14141f";
      Object.assign(parts, { ["cScale" + i]: part, ["cScalePeer" + i]: part, ["cScaleInv" + i]: ink, ["cScaleLabel" + i]: on,
        ["pie" + (i + 1)]: part, ["git" + i]: part, ["gitBranchLabel" + i]: on, ["fillType" + i]: part });
    }
    const font = getComputedStyle(el).getPropertyValue("--sans").trim();
    return {
      startOnLoad: false, securityLevel: "strict", deterministicIds: true, deterministicIDSeed: "lectern",
      suppressErrorRendering: true, theme: "base", fontFamily: font, maxTextSize: 20000, maxEdges: 500,
      look: "classic", flowchart: { useMaxWidth: false }, gantt: { useMaxWidth: false, useWidth: 1200 },
      themeVariables: {
        darkMode: dark(ground), fontFamily: font, fontSize: "16px", background: ground,
        primaryColor: box, primaryTextColor: ink, primaryBorderColor: accent, mainBkg: box, nodeBorder: accent,
        secondaryColor: soft, secondaryTextColor: ink, secondaryBorderColor: c("--line"),
        tertiaryColor: soft, tertiaryTextColor: ink, tertiaryBorderColor: c("--line"),
        lineColor: c("--muted"), textColor: ink, titleColor: ink, clusterBkg: soft, clusterBorder: c("--line"),
        edgeLabelBackground: ground, noteBkgColor: soft, noteTextColor: ink, noteBorderColor: c("--warm"),
        actorBkg: box, actorBorder: accent, actorTextColor: ink, signalColor: ink, signalTextColor: ink, labelTextColor: ink,
        ...parts, pieStrokeColor: ground, pieStrokeWidth: "3px", pieOuterStrokeColor: ground, pieOuterStrokeWidth: "0px",
        pieOpacity: "1", pieTitleTextSize: "22px", pieSectionTextSize: "18px", pieLegendTextSize: "20px",
        pieSectionTextColor: dark(turn[0]) ? "#ffffff" : "#14141f", pieTitleTextColor: ink, pieLegendTextColor: ink,
        loopTextColor: ink, activationBkgColor: soft, activationBorderColor: accent,
      },
    };
  }

  // contrast gives the numbers on the pieces of a pie a colour that can be read there. A pie has one colour for all.
  function contrast(root) {
    const pieces = root.querySelectorAll(".pieCircle"), labels = root.querySelectorAll("text.slice");
    if (pieces.length !== labels.length) return;
    labels.forEach((label, i) => {
      pieces[i].style.setProperty("--piece", getComputedStyle(pieces[i]).fill);
      label.style.fill = dark(colour(pieces[i], "--piece")) ? "#ffffff" : "#14141f";
    });
  }

  // Larger than this, the type of a small diagram would look like a title.
  const LARGEST = 2.1;

  async function diagrams() {
    // Some layouts use random numbers: the same diagram must always look the same.
    let seed = 1;
    Math.random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
    let n = 0;
    for (const el of document.querySelectorAll(".t-markdown .diagram")) {
      const source = el.textContent, kept = el.innerHTML;
      seed = 1;
      el.textContent = "";
      try {
        mermaid.initialize(look(el));
        const { svg } = await mermaid.render("diagram-" + ++n, source, el);
        el.innerHTML = svg;
        const root = el.querySelector("svg"), box = root.viewBox.baseVal;
        if (!(box && box.width > 0 && box.height > 0)) throw new Error("it has no size");
        root.removeAttribute("style");
        root.setAttribute("width", box.width * LARGEST);
        root.setAttribute("height", box.height * LARGEST);
        el.classList.add("drawn");
        contrast(root);
      } catch (e) {
        el.innerHTML = kept;
        el.classList.add("pane");
        fault(el, "diagram", source, String(e && e.message || e).trim().split("\n")[0]);
      }
    }
  }

  async function draw() {
    if (window.katex) formulas();
    if (window.mermaid) await diagrams();
    await Promise.all([...document.fonts].map((f) => f.load().catch(() => {})));
    narrow();
  }
  window.__lecternDrawn = { faults, done: draw() };
})();
