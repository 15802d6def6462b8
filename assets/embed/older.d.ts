// Types of what gives files of before their programs, which wasm-bindgen makes of src/bin/older/main.rs. A test compares the two.

export function upgrade(bytes: Uint8Array): Uint8Array;

/** Downloads and starts the WebAssembly module. */
export default function start(options: { module_or_path: URL }): Promise<unknown>;
