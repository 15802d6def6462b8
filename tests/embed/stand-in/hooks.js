// Where the figures' scripts name a program, they get what stands for it; and they are modules, though no package.json beside them says so.

const SCRIPTS = new URL("../../../assets/embed/", import.meta.url).href;
const PROGRAMS = /\/(player|older)\.js$/;

export async function resolve(specifier, context, next) {
  const program = specifier.match(PROGRAMS)?.[0];
  if (program && context.parentURL?.startsWith(SCRIPTS)) return { url: new URL(`.${program}`, import.meta.url).href, shortCircuit: true };
  const found = await next(specifier, context);
  return found.url.startsWith(SCRIPTS) ? { ...found, format: "module" } : found;
}
