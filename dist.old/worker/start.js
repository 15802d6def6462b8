// Runs in a worker before the program's wasm, whose script is the query of this file's address: a module that fails to load,
// and a panic's message, must reach the page, and by themselves they would only reach the console.
const say = (text) => postMessage("failed: " + text);
const log = console.error;
console.error = (...parts) => {
    const text = parts.map(String).join(" ");
    if (text.includes("panicked at")) say(text.split("\n\n")[0]);
    log(...parts);
};
self.addEventListener("unhandledrejection", (e) => say(e.reason));
try {
    const program = await import(decodeURIComponent(new URL(import.meta.url).search.slice(1)));
    await program.default();
} catch (e) {
    say(e);
}
