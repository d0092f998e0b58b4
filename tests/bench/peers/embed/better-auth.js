// better-auth's client. It requests the authorization URL from its backend.
import { createAuthClient } from "better-auth/client";

const auth = createAuthClient();

document.querySelector("#connect").addEventListener("click", () =>
  auth.linkSocial({ provider: "smooch", callbackURL: "/connected" }),
);
