// Where the figures' scripts name the player, they get what stands for it; and they are modules, though no package.json beside them says so.

const SCRIPTS = new URL("../../../assets/embed/", import.meta.url).href;
const PLAYER = new URL("player.js", import.meta.url).href;

export async function resolve(specifier, context, next) {
  if (specifier.endsWith("/player.js") && context.parentURL?.startsWith(SCRIPTS)) return { url: PLAYER, shortCircuit: true };
  const found = await next(specifier, context);
  return found.url.startsWith(SCRIPTS) ? { ...found, format: "module" } : found;
}
