// Everything the pages need, in one file. Each module attaches itself to
// attributes in the HTML (README.md lists them); a page without them pays nothing.
import "./htmx-setup";
import "./echo";
import { watchCopies } from "./copy";
import { keepDrafts } from "./draft";
import { listenForKeys } from "./keys";
import { lightMoments } from "./moments";
import { tellFailures } from "./failures";
import { takeLines } from "./paste";
import { listenInTrees } from "./tree";

function start(): void {
  for (const hidden of document.querySelectorAll<HTMLElement>("[data-script][hidden]")) hidden.hidden = false;
  listenForKeys();
  lightMoments();
  keepDrafts();
  listenInTrees();
  takeLines();
  watchCopies();
  tellFailures();
}

start();
