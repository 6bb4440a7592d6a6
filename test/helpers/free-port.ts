// A port of this host on which nobody listens: asked of the kernel, and given back. Somebody else may take it before it is
// used; the kernel gives each of them out again only when it has been through them all.

export function freePort(hostname = "127.0.0.1"): number {
  const server = Bun.listen({ hostname, port: 0, socket: { data: () => undefined } });
  const { port } = server;
  server.stop(true);
  return port;
}
