// Files that `bun build --compile` embeds: imported with { type: "file" }, each gives a path that Bun can read.

declare module "*.so.1" {
  const path: string;
  export default path;
}

declare module "*.so" {
  const path: string;
  export default path;
}

declare module "*.bpf.o" {
  const path: string;
  export default path;
}

// These are the text itself: imported with { type: "text" }.

declare module "*.js.txt" {
  const text: string;
  export default text;
}

declare module "*.css.txt" {
  const text: string;
  export default text;
}
