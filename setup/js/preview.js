// Shows a state of the button without a flow, by the element's own view, so that no second one has to look the same.
// This is all that the setup page knows of that view.
import { during } from "@button/verbs.js";
import { show } from "@button/view.js";

export const preview = (host, look, role, ownLabel, label, status) => {
  const half = { handle: () => show(look, role, ownLabel, label, status, "") };
  during(half, host, { href: "#" }, new Event("preview"), "preview");
};
