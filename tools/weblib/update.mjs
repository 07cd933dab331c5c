// Writes the libraries in internal/weblib/data from their npm packages, with their licences and the manifest.
//
//   node tools/weblib/update.mjs           writes them
//   node tools/weblib/update.mjs --check   compares them and fails if one differs
//
// npm checks the integrity of each package. KaTeX and Mermaid are taken as they are. marp-core is a module for Node.js, so
// esbuild makes one script of it and of what it imports, whose versions package-lock.json has. No script of a package runs.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const data = join(here, "../../internal/weblib/data");
const check = process.argv.includes("--check");

const packages = [
  { name: "katex", version: "0.19.1", files: { "katex.min.js": "dist/katex.min.js", "katex.min.css": "dist/katex.min.css" }, fonts: "dist/fonts" },
  { name: "mermaid", version: "12.3.0", files: { "mermaid.min.js": "dist/mermaid.min.js" } },
];

const work = mkdtempSync(join(tmpdir(), "weblib-"));
const manifest = [];
let faults = 0;

// put writes or compares a file. entry, for a library, is what the manifest says about it.
function put(name, bytes, entry) {
  bytes = Buffer.from(bytes);
  if (entry) {
    const { license, ...from } = entry;
    manifest.push({ name, ...from, sha256: createHash("sha256").update(bytes).digest("hex"), license });
  }
  const packed = /\.(js|css)$/.test(name);
  const path = join(data, packed ? name + ".gz" : name);
  if (!check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, packed ? gzipSync(bytes, { level: 9 }) : bytes);
  } else if (!existsSync(path) || !(packed ? gunzipSync(readFileSync(path)) : readFileSync(path)).equals(bytes)) {
    console.error(`${name} differs from its package`);
    faults++;
  }
}

function published(p) {
  const [{ filename }] = JSON.parse(execFileSync("npm", ["pack", "--json", `${p.name}@${p.version}`], { cwd: work, stdio: ["ignore", "pipe", "ignore"] }));
  const root = join(work, p.name);
  mkdirSync(root);
  execFileSync("tar", ["xzf", filename, "-C", root, "--strip-components=1"], { cwd: work });
  const license = `licenses/${p.name}.txt`;
  const list = { ...p.files };
  for (const font of p.fonts ? readdirSync(join(root, p.fonts)).sort() : []) {
    if (font.endsWith(".woff2")) list[`fonts/${font}`] = `${p.fonts}/${font}`;
  }
  for (const [name, path] of Object.entries(list)) {
    put(name, readFileSync(join(root, path)), { package: p.name, version: p.version, path, license });
  }
  put(license, readFileSync(join(root, "LICENSE")));
}

function bundled() {
  const root = join(work, "bundle");
  mkdirSync(root);
  for (const name of readdirSync(here)) if (name !== "update.mjs" && name !== "node_modules") copyFileSync(join(here, name), join(root, name));
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: root, stdio: "ignore" });
  const esbuild = createRequire(join(root, "package.json"))("esbuild");
  const none = join(root, "none.mjs");
  const replaced = [[/^katex(\/package\.json)?$/, join(root, "katex.mjs")], [/^mathjax-full\//, none], [/^(fs|path|url|source-map-js)$/, none]];
  const built = esbuild.buildSync({
    entryPoints: [join(root, "marp.mjs")], absWorkingDir: root, bundle: true, minify: true, write: false, metafile: true,
    format: "iife", platform: "browser", target: "chrome120", legalComments: "none", charset: "ascii",
    define: { "process.env.NODE_ENV": '"production"', "process.env.LANG": '""' },
    alias: aliases(root, replaced),
  });
  const license = "licenses/marp-core.txt";
  const of = (name) => JSON.parse(readFileSync(join(root, "node_modules", name, "package.json")));
  put("marp-core.min.js", built.outputFiles[0].contents,
    { package: "@marp-team/marp-core", version: of("@marp-team/marp-core").version, path: "", license });
  const used = new Set(Object.keys(built.metafile.inputs).map((p) => p.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean));
  const texts = [...used].sort().map((name) => {
    const file = readdirSync(join(root, "node_modules", name)).find((f) => /^licen[sc]e(\.|$)/i.test(f));
    const own = of(name);
    return `${name} ${own.version} (${own.license})\n\n` + (file ? readFileSync(join(root, "node_modules", name, file), "utf8").trim() : "") + "\n";
  });
  put(license, Buffer.from(texts.join("\n" + "-".repeat(80) + "\n\n")));
}

// aliases lists the modules of others that the bundle replaces.
function aliases(root, replaced) {
  const marp = readFileSync(join(root, "node_modules/@marp-team/marp-core/lib/marp.js"), "utf8");
  const names = new Set([...marp.matchAll(/require\("([^"]+)"\)/g)].map((m) => m[1]).concat("fs", "path", "url", "source-map-js"));
  const list = {};
  for (const name of names) for (const [pattern, to] of replaced) if (pattern.test(name)) list[name] = to;
  return list;
}

try {
  packages.forEach(published);
  bundled();
  manifest.sort((a, b) => (a.name < b.name ? -1 : 1));
  put("manifest.json", JSON.stringify(manifest, null, 1) + "\n");
} finally {
  rmSync(work, { recursive: true, force: true });
}
if (faults) process.exit(1);
console.log(`${manifest.length} files ${check ? "are those of their packages" : "written"}`);
