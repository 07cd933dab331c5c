// The entry of the bundle of marp-core: its class, and the script that scales headings and listings to their width.
import { Marp } from "@marp-team/marp-core";
import { browser } from "@marp-team/marp-core/lib/browser.cjs.js";

globalThis.marpCore = { Marp, browser };
