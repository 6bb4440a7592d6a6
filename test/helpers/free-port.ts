// A free port of this host: taken from the kernel and released. Another process may take it before the test uses it;
// the kernel hands out a port again only when it has been through all of them.

export function freePort(hostname = "127.0.0.1"): number {
  const server = Bun.listen({ hostname, port: 0, socket: { data: () => undefined } });
  const { port } = server;
  server.stop(true);
  return port;
}
