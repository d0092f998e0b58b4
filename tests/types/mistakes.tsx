// A partner's page with mistakes. Behind each stands the error that it must be refused with.
export const mistakes = [
  <add-to-smooch site="main" />, // TS2322
  <add-to-smooch client-id={5} />, // TS2322
  <add-to-smooch client-id="a" mode="modal" />, // TS2322
  <add-to-smooch client-id="a" theme="pink" />, // TS2322
  <add-to-smooch client-id="a" variant="wide" />, // TS2322
  <add-to-smooch client-id="a" pkce="yes" />, // TS2322
  <add-to-smooch client-id="a" sesion="k1.x" />, // TS2322
  <add-to-smooch client-id="a" onconnected={(event) => event.detail.token} />, // TS2339
  <add-to-smooch client-id="a" onfailed={(event) => event.detail.code === "denied"} />, // TS2367
  <add-to-smoosh client-id="a" />, // TS2339
];

addEventListener("failed", ({ detail }) => detail.reason); // TS2339
document.querySelector("add-to-smooch")?.addEventListener("cancelled", ({ detail }) => detail.code); // TS18047
