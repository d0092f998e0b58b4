// Shows a state of the button without a flow, by the element's own view, so that no second one has to look the same.
// This is all that the setup page knows of that view.
import { during } from "@button/verbs.js";
import { show } from "@button/view.js";

export const preview = (host, role, look, status, detail) => {
  const draw = () => during(() => show(role, look, status), host, { href: "#", detail }, new Event("preview"), 0);
  // Its words may come a moment later, and then it is told as the element would be.
  host.handleEvent = (event) => event.type == "changed" && draw();
  draw();
};
