// bench/data-plane/server-config.ts: PURE. The configuration files of HAProxy and nginx: as a careful administrator
// would write them for this work.
import type { Endpoint, Ports } from './targets.js';

const tcpEndpoints: readonly Endpoint[] = ['http', 'bulk', 'echo'];

/** 9,400 connections and a few pipes are what 20,000 descriptors hold. */
export function haproxyConfig(threads: number, ports: Ports, endpoints: Ports): string {
  const listeners = tcpEndpoints.map(
    (name) => `listen ${name}
  bind *:${ports[name]} backlog 4096
  server endpoint 127.0.0.1:${endpoints[name]}
`,
  );
  return `global
  nbthread ${threads}
  maxconn 9400
  maxpipes 256
defaults
  mode tcp
  option splice-auto
  maxconn 9400
  timeout connect 5s
  timeout client 1h
  timeout server 1h
${listeners.join('')}`;
}

/** @param module a path of the stream module, or undefined where it is built in */
export function nginxStreamConfig(
  folder: string,
  module: string | undefined,
  ports: Ports,
  endpoints: Ports,
): string {
  const servers = tcpEndpoints.map(
    (name) => `  server { listen ${ports[name]} backlog=4096; proxy_pass 127.0.0.1:${endpoints[name]}; }\n`,
  );
  // reuseport: all datagrams of a client come to one worker.
  return `${module === undefined ? '' : `load_module ${module};\n`}${nginxHead(folder, 'auto')}
stream {
  proxy_connect_timeout 5s;
  proxy_timeout 1h;
${servers.join('')}  server { listen ${ports.udp} udp reuseport; proxy_pass 127.0.0.1:${endpoints.udp}; proxy_timeout 30s; }
}
`;
}

/** The endpoint of requests. */
export function nginxHttpConfig(folder: string, port: number): string {
  return `${nginxHead(folder, '1')}
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server { listen ${port} backlog=4096; location / { return 200 "ok\\n"; } }
}
`;
}

function nginxHead(folder: string, workers: string): string {
  // Rootless there is no other user that the workers could become.
  return `user root;
daemon off;
pid ${folder}/pid;
error_log stderr crit;
worker_processes ${workers};
events { worker_connections 19000; }`;
}
