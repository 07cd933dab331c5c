(async () => {
  const deadline = performance.now() + READY_TIMEOUT;
  const late = Symbol();
  // A promise of the page may never settle, so nothing here waits beyond the deadline.
  const bounded = p => Promise.race([p, new Promise(r => setTimeout(r, Math.max(0, deadline - performance.now()), late))]);
  const frame = () => new Promise(r => requestAnimationFrame(r));

  await bounded(document.fonts.ready);
  // The page handles pictures that cannot be loaded. All others must be on the screen.
  await bounded(Promise.all(Array.from(document.images, i => i.decode().catch(() => {}))));

  const promised = document.documentElement.hasAttribute('data-lectern');
  if (promised || window.__lectern) {
    const start = window.__lectern;
    const needed = promised || (start && 'ready' in start);
    for (; needed;) {
      const l = window.__lectern;
      let ready = false;
      try {
        ready = await bounded(l && l.ready);
      } catch (e) {
        return {trouble: String(e && e.message || e) || 'unknown reason'};
      }
      if (ready === late) return {trouble: 'unready'};
      if (ready) break;
      if (performance.now() >= deadline) return {trouble: 'unready'};
      await bounded(frame());
    }
    await bounded(document.fonts.ready);
    await bounded(Promise.all(Array.from(document.images, i => i.decode().catch(() => {}))));
  }

  // Animations go to their end, endless ones to their beginning.
  for (const a of document.getAnimations()) {
    try { a.finish(); } catch { a.currentTime = 0; a.pause(); }
  }
  window.scrollTo(0, 0);
  await bounded(frame());
  const o = window.__lectern && window.__lectern.overflow;
  const entry = e => e && typeof e === 'object'
    ? {element: String(e.element), hidden: Math.trunc(e.hidden) || 0, total: Math.trunc(e.total) || 0, unit: String(e.unit || ''),
      source: String(e.source || '').slice(0, 300), why: String(e.why || '').slice(0, 300)}
    : {element: String(e)};
  return {overflow: Array.isArray(o) ? o.slice(0, 1000).map(entry) : [], trouble: ''};
})()
