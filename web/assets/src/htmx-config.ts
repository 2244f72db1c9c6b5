import { make } from "./page";

const settings = { includeIndicatorCSS: false, requestClass: "wait", mode: "same-origin" };

document.head.append(make("meta", { name: "htmx-config", content: JSON.stringify(settings) }));
