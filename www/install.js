// The hosted page: configures the button from /embed.json, or shows why it cannot.

const TITLES = {
  misconfigured: "This server is not set up yet. Ask the people who run it to look at /healthz.",
  rate_limited: "Too many people at once. Reload this page in a minute.",
};

const button = document.querySelector("add-to-smooch");
const problem = document.querySelector("#problem");

const showProblem = (text) => {
  document.querySelector("#waiting")?.remove();
  problem.textContent = text;
  problem.hidden = false;
};

const start = async () => {
  const answer = await fetch("/embed.json", { headers: { accept: "application/json" } });
  const body = await answer.json();
  if (!answer.ok) {
    return showProblem(TITLES[body.code] ?? body.title ?? "This server cannot connect apps now.");
  }
  button.setAttribute("client-id", body.client_id);
  button.setAttribute("authorize-url", body.authorize_url);
  button.toggleAttribute("pkce", body.pkce === true);
  // The element looks at its attributes as soon as it is defined, so it is defined last.
  await import("/add-to-smooch.js");
};

button.addEventListener("failed", (event) => {
  if (event.detail.code === "unsupported") showProblem("Your browser cannot run this page’s button. Try another browser.");
});

start().catch(() => showProblem("This server did not answer. Check your connection and reload this page."));
