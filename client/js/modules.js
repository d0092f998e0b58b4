// Imports what only some pages load. Rust cannot call import(), and the address depends on the build: see scripts/build-client.
const load = (name) => import(new URL(`${FOLDER}add-to-smooch.${name}.js`, import.meta.url));

export const loadLanguage = load;
export const loadPopup = () => load("popup");
