// In the bundle, in place of MathJax, which is never used: formulas are drawn by KaTeX.
const none = () => { throw new Error("MathJax is not in this bundle"); };
export { none as mathjax, none as TeX, none as SVG, none as liteAdaptor, none as RegisterHTMLHandler };
export const AllPackages = [];
