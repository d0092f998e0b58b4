// better-auth's client, which starts the flow by asking its own backend where to go.
import { createAuthClient } from "better-auth/client";

const auth = createAuthClient();

document.querySelector("#connect").addEventListener("click", () =>
  auth.linkSocial({ provider: "smooch", callbackURL: "/connected" }),
);
