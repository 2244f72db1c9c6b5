// htmx reads its settings once, while its module is evaluated, so they have to be
// in the document before it: this file imports the settings first.
import "./htmx-config";
import htmx from "htmx.org";

// The Content-Security-Policy forbids evaluated code; refusing it here as well
// turns a silent violation into one clear message.
function refuse(): never {
  throw new Error("evaluated code in attributes is switched off");
}

htmx.registerExtension("no-eval", {
  init(api: { initSecurity(policy: unknown, sync: unknown, async: unknown): void }) {
    api.initSecurity(null, refuse, refuse);
  },
});

export default htmx;
