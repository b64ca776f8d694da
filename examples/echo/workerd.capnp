# The echo as a Cloudflare Worker, on this machine: workerd serve examples/echo/workerd.capnp
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [ (name = "echo", worker = .echo) ],
  sockets = [ (name = "http", address = "127.0.0.1:8080", http = (), service = "echo") ],
);

const echo :Workerd.Worker = (
  modules = [ (name = "cloudflare.js", esModule = embed "dist/cloudflare.js") ],
  compatibilityDate = "2026-11-01",
  bindings = [
    (name = "TWILIO_AUTH_TOKEN", fromEnvironment = "TWILIO_AUTH_TOKEN"),
    (name = "PUBLIC_URL", fromEnvironment = "PUBLIC_URL"),
  ],
);
