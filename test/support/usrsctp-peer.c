// test/support/usrsctp-peer.c: SCTP peers on usrsctp, a stack that has nothing to do with the relay: it speaks over raw IP
// sockets of its own, so it runs where the kernel has no SCTP. Compiled by usrsctp-peer.ts, which also describes what
// it can be asked; every answer is one line of JSON.
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <usrsctp.h>

enum {
  STREAMS = 16,
  LONGEST = 1 << 20,
  // Messages of 1 MB must fit, and a bulk transfer must not wait for the reader.
  BUFFER = 4 << 20,
  // A server answers a message with this payload protocol identifier with its name.
  PPID_NAME = 1,
  // usrsctp has no timeouts for its calls: a client that waits for longer than this, in seconds, is ended.
  PATIENCE = 150,
  // Associations in turn that may have been shut down and not closed.
  SETTLING = 64,
};

struct message {
  char *bytes;
  ssize_t length;
  unsigned stream, ppid;
  int unordered;
};

struct server {
  const char *name;
  int echoes;
  struct socket *socket;
};

static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;

// What a client is at, for the message of its end by PATIENCE.
static volatile int turn_at;
static volatile double turn_since;

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec + at.tv_nsec / 1e9;
}

static void out_of_patience(int signal) {
  (void)signal;
  char text[100];
  int length = snprintf(text, sizeof text, "out of patience in turn %d, which has taken %.3f s\n", turn_at, now() - turn_since);
  if (write(STDERR_FILENO, text, length) < 0) _exit(4);
  _exit(3);
}

static double cpu_seconds(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

static void set(struct socket *socket, int level, int option, const void *value, socklen_t size) {
  if (usrsctp_setsockopt(socket, level, option, value, size) < 0) fail("usrsctp_setsockopt");
}

// usrsctp leaves its raw sockets, which carry every association of the process, at the kernel's default of 208 KB: some
// 90 packets. A window of messages is more than that, so each burst would lose packets before usrsctp has seen them.
static void give_raw_sockets_room(void) {
  for (int fd = 3; fd < 64; fd++) {
    int protocol, room = 16 << 20;
    socklen_t size = sizeof protocol;
    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) < 0 || protocol != IPPROTO_SCTP) continue;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0)
      setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  }
}

static void start_stack(void) {
  usrsctp_init(0, NULL, NULL);
  // A raw socket sees the packets for other processes too: usrsctp must not refuse them.
  const char *refuses = getenv("REFUSES");
  usrsctp_sysctl_set_sctp_blackhole(refuses != NULL ? 0 : 2);
  usrsctp_sysctl_set_sctp_no_csum_on_loopback(0);
  usrsctp_sysctl_set_sctp_sendspace(BUFFER);
  usrsctp_sysctl_set_sctp_recvspace(BUFFER);
  give_raw_sockets_room();
}

static void prepare(struct socket *socket) {
  int on = 1, room = BUFFER;
  struct sctp_initmsg init = {
      .sinit_num_ostreams = STREAMS,
      .sinit_max_instreams = STREAMS,
      .sinit_max_attempts = 6,
      .sinit_max_init_timeo = 1000,
  };
  set(socket, IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof on);
  set(socket, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof on);
  set(socket, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof init);
  set(socket, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  set(socket, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
}

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

static socklen_t parse(const char *ip, int port, union address *address) {
  memset(address, 0, sizeof *address);
  if (inet_pton(AF_INET, ip, &address->v4.sin_addr) == 1) {
    address->v4.sin_family = AF_INET;
    address->v4.sin_port = htons(port);
    return sizeof address->v4;
  }
  if (inet_pton(AF_INET6, ip, &address->v6.sin6_addr) != 1) {
    fprintf(stderr, "not an address: %s\n", ip);
    exit(2);
  }
  address->v6.sin6_family = AF_INET6;
  address->v6.sin6_port = htons(port);
  return sizeof address->v6;
}

static struct socket *open_socket(int family) {
  struct socket *socket = usrsctp_socket(family, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
  if (socket == NULL) fail("usrsctp_socket");
  prepare(socket);
  return socket;
}

// Sends the INIT, and does not wait for what comes of it.
static struct socket *start_to_connect(const char *ip, int port) {
  union address to;
  socklen_t size = parse(ip, port, &to);
  struct socket *socket = open_socket(to.any.sa_family);
  usrsctp_set_non_blocking(socket, 1);
  if (usrsctp_connect(socket, &to.any, size) < 0 && errno != EINPROGRESS) fail("usrsctp_connect");
  return socket;
}

// Whether an association came of it; if not, errno tells why.
static int is_connected(struct socket *socket, double patience) {
  double deadline = now() + patience;
  int events, error = 0;
  socklen_t size = sizeof error;
  while (((events = usrsctp_get_events(socket)) & (SCTP_EVENT_WRITE | SCTP_EVENT_ERROR)) == 0 && now() < deadline)
    usleep(100);
  usrsctp_set_non_blocking(socket, 0);
  if ((events & SCTP_EVENT_WRITE) && !(events & SCTP_EVENT_ERROR)) return 1;
  usrsctp_getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  errno = error != 0 ? error : ETIMEDOUT;
  return 0;
}

// NULL: it was refused, or nobody answered; errno tells.
static struct socket *connect_to(const char *ip, int port) {
  struct socket *socket = start_to_connect(ip, port);
  if (is_connected(socket, PATIENCE)) return socket;
  int error = errno;
  usrsctp_close(socket);
  errno = error;
  return NULL;
}

// The whole next message; its length, 0 at the end of the association, -1 for an error.
static ssize_t receive(struct socket *socket, struct message *message) {
  size_t got = 0;
  for (;;) {
    struct sctp_rcvinfo info = {0};
    union address from;
    socklen_t from_size = sizeof from, info_size = sizeof info;
    unsigned kind = 0;
    int flags = 0;
    ssize_t count = usrsctp_recvv(socket, message->bytes + got, LONGEST - got, &from.any, &from_size, &info, &info_size,
                                  &kind, &flags);
    if (count <= 0) return message->length = count;
    if (flags & MSG_NOTIFICATION) continue;
    got += count;
    if (!(flags & MSG_EOR) && got < LONGEST) continue;
    message->stream = info.rcv_sid;
    message->ppid = ntohl(info.rcv_ppid);
    message->unordered = (info.rcv_flags & SCTP_UNORDERED) != 0;
    return message->length = got;
  }
}

static int transmit(struct socket *socket, const struct message *message) {
  struct sctp_sndinfo info = {
      .snd_sid = message->stream,
      .snd_ppid = htonl(message->ppid),
      .snd_flags = message->unordered ? SCTP_UNORDERED : 0,
  };
  return usrsctp_sendv(socket, message->bytes, message->length, NULL, 0, &info, sizeof info, SCTP_SENDV_SNDINFO, 0);
}

static char *room(void) {
  char *bytes = malloc(LONGEST);
  if (bytes == NULL) fail("malloc");
  return bytes;
}

static int has_association(struct socket *socket) {
  struct sctp_status status = {0};
  socklen_t size = sizeof status;
  return usrsctp_getsockopt(socket, IPPROTO_SCTP, SCTP_STATUS, &status, &size) == 0 && status.sstat_state != SCTP_CLOSED;
}

// Closed while packets of its association come in, a socket is freed twice by usrsctp, or used after that: it is closed a
// moment after its association has ended.
static void close_settled(struct socket **sockets, int count) {
  for (int at = 0; at < count; at++)
    for (int tries = 0; sockets[at] != NULL && has_association(sockets[at]) && tries < 1000; tries++) usleep(5000);
  usleep(20000);
  for (int at = 0; at < count; at++)
    if (sockets[at] != NULL) usrsctp_close(sockets[at]);
}

static void end(struct socket *socket, int aborts) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  if (aborts) {
    set(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    usrsctp_close(socket);
    return;
  }
  usrsctp_shutdown(socket, SHUT_RDWR);
  close_settled(&socket, 1);
}

// What usrsctp still has to say, a SHUTDOWN for instance, must leave before the process ends.
static int finish(void) {
  for (int tries = 0; tries < 100; tries++) {
    if (usrsctp_finish() == 0) return 1;
    usleep(50000);
  }
  return 0;
}

// --- servers

struct accepted {
  const struct server *server;
  struct socket *socket;
};

static void *serve_one(void *argument) {
  struct accepted accepted = *(struct accepted *)argument;
  free(argument);
  const struct server *server = accepted.server;
  struct message message = {.bytes = room()};
  long messages = 0;
  double bytes = 0, first = 0, last = 0;
  while (receive(accepted.socket, &message) > 0) {
    last = now();
    if (messages++ == 0) first = last;
    bytes += message.length;
    if (message.ppid == PPID_NAME) message.length = sprintf(message.bytes, "%s", server->name);
    else if (!server->echoes) continue;
    if (transmit(accepted.socket, &message) < 0) break;
  }
  int error = message.length < 0 ? errno : 0;
  pthread_mutex_lock(&output);
  printf("{\"name\":\"%s\",\"aborted\":%s,\"messages\":%ld,\"bytes\":%.0f,\"seconds\":%.6f}\n", server->name,
         error != 0 ? "true" : "false", messages, bytes, last - first);
  fflush(stdout);
  pthread_mutex_unlock(&output);
  close_settled(&accepted.socket, 1);
  free(message.bytes);
  return NULL;
}

static void *accept_all(void *argument) {
  const struct server *server = argument;
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 256 << 10);
  pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
  for (;;) {
    struct socket *socket = usrsctp_accept(server->socket, NULL, NULL);
    if (socket == NULL) {
      usleep(1000);
      continue;
    }
    prepare(socket);
    struct accepted *accepted = malloc(sizeof *accepted);
    if (accepted == NULL) fail("malloc");
    *accepted = (struct accepted){server, socket};
    pthread_t thread;
    if (pthread_create(&thread, &small, serve_one, accepted) != 0) fail("pthread_create");
  }
  return NULL;
}

// serve|sink (NAME IP PORT)...
static int serve(int echoes, int count, char **arguments) {
  for (int at = 0; at + 2 < count; at += 3) {
    union address address;
    socklen_t size = parse(arguments[at + 1], atoi(arguments[at + 2]), &address);
    struct server *server = malloc(sizeof *server);
    *server = (struct server){arguments[at], echoes, open_socket(address.any.sa_family)};
    if (usrsctp_bind(server->socket, &address.any, size) < 0) fail("usrsctp_bind");
    if (usrsctp_listen(server->socket, 512) < 0) fail("usrsctp_listen");
    pthread_t thread;
    if (pthread_create(&thread, NULL, accept_all, server) != 0) fail("pthread_create");
  }
  puts("ready");
  fflush(stdout);
  // Until whoever started it is gone, or closes its input.
  while (getchar() != EOF) continue;
  return 0;
}

// --- clients

static void fill(struct message *message, int seed) {
  for (ssize_t at = 0; at < message->length; at++) message->bytes[at] = (char)(at * 7 + seed * 13 + (at >> 8));
}

static int is_same(const struct message *a, const struct message *b) {
  return a->length == b->length && a->stream == b->stream && a->ppid == b->ppid && a->unordered == b->unordered &&
         memcmp(a->bytes, b->bytes, a->length) == 0;
}

static int ask_name(struct socket *socket, char *name, size_t size) {
  struct message message = {.bytes = room(), .length = 1, .ppid = PPID_NAME};
  message.bytes[0] = '?';
  int ok = transmit(socket, &message) >= 0 && receive(socket, &message) > 0;
  snprintf(name, size, "%.*s", ok ? (int)message.length : 0, message.bytes);
  free(message.bytes);
  return ok;
}

// echo IP PORT SIZES unordered|ordered shutdown|abort: each size there and back, alternating between the streams.
static int echo(const char *ip, int port, char *sizes, int unordered, int aborts) {
  double started = now();
  struct socket *socket = connect_to(ip, port);
  if (socket == NULL) {
    printf("{\"connected\":false,\"error\":\"%s\",\"seconds\":%.3f}\n", strerror(errno), now() - started);
    return 0;
  }
  double connected = now() - started;
  struct message sent = {.bytes = room(), .unordered = unordered}, back = {.bytes = room()};
  char name[64];
  int good = 0, bad = 0, which = 0;
  if (!ask_name(socket, name, sizeof name)) bad++;
  for (char *size = strtok(sizes, ","); size != NULL && bad == 0; size = strtok(NULL, ","), which++) {
    sent.length = atoi(size);
    sent.stream = which % 8;
    sent.ppid = 1000 + which;
    fill(&sent, which);
    if (transmit(socket, &sent) < 0 || receive(socket, &back) <= 0 || !is_same(&sent, &back)) bad++;
    else good++;
  }
  end(socket, aborts);
  int clean = finish();
  printf("{\"connected\":true,\"name\":\"%s\",\"good\":%d,\"bad\":%d,\"clean\":%s,\"seconds\":%.3f}\n", name, good, bad,
         clean ? "true" : "false", connected);
  return 0;
}

struct pipeline {
  struct socket *socket;
  int messages, streams, in_flight;
  pthread_mutex_t lock;
  pthread_cond_t less;
};

static void *send_all(void *argument) {
  struct pipeline *pipeline = argument;
  struct message message = {.bytes = room()};
  for (int which = 0; which < pipeline->messages; which++) {
    pthread_mutex_lock(&pipeline->lock);
    while (pipeline->in_flight >= 200) pthread_cond_wait(&pipeline->less, &pipeline->lock);
    pipeline->in_flight++;
    pthread_mutex_unlock(&pipeline->lock);
    // Small ones and ones of several packets, so that streams could overtake each other.
    message.length = 20 + which % 7 * 900;
    message.stream = which % pipeline->streams;
    message.ppid = 1000 + which;
    fill(&message, which);
    if (transmit(pipeline->socket, &message) < 0) break;
  }
  free(message.bytes);
  return NULL;
}

// pipeline IP PORT MESSAGES STREAMS: many in flight at once; within each stream they must come back in order.
static int run_pipeline(const char *ip, int port, int messages, int streams) {
  struct socket *socket = connect_to(ip, port);
  if (socket == NULL) fail("connect");
  struct pipeline pipeline = {socket, messages, streams, 0, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER};
  pthread_t sender;
  if (pthread_create(&sender, NULL, send_all, &pipeline) != 0) fail("pthread_create");
  struct message expected = {.bytes = room()}, back = {.bytes = room()};
  int next[STREAMS], good = 0, bad = 0;
  for (int stream = 0; stream < streams; stream++) next[stream] = stream;
  double started = now();
  while (good + bad < messages && receive(socket, &back) > 0) {
    pthread_mutex_lock(&pipeline.lock);
    pipeline.in_flight--;
    pthread_cond_signal(&pipeline.less);
    pthread_mutex_unlock(&pipeline.lock);
    int which = back.stream < (unsigned)streams ? next[back.stream] : 0;
    expected.length = 20 + which % 7 * 900;
    expected.stream = back.stream;
    expected.ppid = 1000 + which;
    fill(&expected, which);
    if (is_same(&expected, &back)) good++;
    else bad++;
    if (back.stream < (unsigned)streams) next[back.stream] += streams;
  }
  double seconds = now() - started;
  if (good == messages) pthread_join(sender, NULL);
  end(socket, 0);
  int clean = finish();
  printf("{\"good\":%d,\"bad\":%d,\"clean\":%s,\"seconds\":%.3f}\n", good, bad, clean ? "true" : "false", seconds);
  return 0;
}

// parallel IP PORT COUNT MESSAGES: all associations open at the same time, then MESSAGES rounds over all of them.
static int parallel(const char *ip, int port, int count, int messages) {
  struct socket **sockets = calloc(count, sizeof *sockets);
  double started = now();
  int connected = 0, good = 0;
  for (int at = 0; at < count; at++) sockets[at] = start_to_connect(ip, port);
  for (int at = 0; at < count; at++) connected += is_connected(sockets[at], 15);
  double seconds = now() - started;
  struct message sent = {.bytes = room(), .length = 3000}, back = {.bytes = room()};
  for (int round = 0; round < messages; round++) {
    for (int at = 0; at < count; at++) {
      sent.ppid = 1000 + at;
      sent.stream = round % 8;
      fill(&sent, at + round);
      transmit(sockets[at], &sent);
    }
    for (int at = 0; at < count; at++) {
      sent.ppid = 1000 + at;
      fill(&sent, at + round);
      if (receive(sockets[at], &back) > 0 && is_same(&sent, &back)) good++;
    }
  }
  for (int at = 0; at < count; at++) usrsctp_shutdown(sockets[at], SHUT_RDWR);
  close_settled(sockets, count);
  int clean = finish();
  printf("{\"connected\":%d,\"good\":%d,\"clean\":%s,\"seconds\":%.3f}\n", connected, good, clean ? "true" : "false",
         seconds);
  return 0;
}

// turns IP PORT COUNT: connect, one message there and back, shut down; one association after the other.
static int turns(const char *ip, int port, int count) {
  struct message sent = {.bytes = room(), .length = 100, .ppid = 1000}, back = {.bytes = room()};
  double started = now(), slowest = 0;
  int good = 0, refused = 0;
  struct socket *settling[SETTLING] = {NULL};
  for (int at = 0; at < count; at++) {
    double turn = now();
    struct socket **slot = &settling[at % SETTLING];
    // Shut down SETTLING turns ago.
    if (*slot != NULL && !has_association(*slot)) usrsctp_close(*slot);
    else if (*slot != NULL) close_settled(slot, 1);
    *slot = NULL;
    turn_at = at;
    turn_since = turn;
    struct socket *socket = connect_to(ip, port);
    if (socket == NULL) {
      refused++;
      continue;
    }
    fill(&sent, at);
    if (transmit(socket, &sent) >= 0 && receive(socket, &back) > 0 && is_same(&sent, &back)) good++;
    usrsctp_shutdown(socket, SHUT_RDWR);
    *slot = socket;
    if (now() - turn > slowest) slowest = now() - turn;
  }
  double seconds = now() - started;
  close_settled(settling, SETTLING);
  int clean = finish();
  printf("{\"good\":%d,\"refused\":%d,\"clean\":%s,\"seconds\":%.3f,\"slowest\":%.3f}\n", good, refused,
         clean ? "true" : "false", seconds, slowest);
  return 0;
}

// bulk IP PORT SECONDS SIZE: messages in one direction, as many as there is room for. The server counts them.
static int bulk(const char *ip, int port, double seconds, int length) {
  struct socket *socket = connect_to(ip, port);
  if (socket == NULL) fail("connect");
  struct message message = {.bytes = calloc(1, LONGEST), .length = length, .ppid = 1000};
  double started = now(), cpu = cpu_seconds();
  long sent = 0;
  while (now() - started < seconds && transmit(socket, &message) >= 0) message.stream = ++sent % 8;
  double elapsed = now() - started, used = cpu_seconds() - cpu;
  end(socket, 0);
  int clean = finish();
  printf("{\"sent\":%ld,\"seconds\":%.3f,\"cpuSeconds\":%.3f,\"clean\":%s}\n", sent, elapsed, used,
         clean ? "true" : "false");
  return 0;
}

int main(int count, char **arguments) {
  if (count < 4) {
    fputs("usage: usrsctp-peer serve|sink|echo|pipeline|parallel|turns|bulk ...\n", stderr);
    return 2;
  }
  const char *work = arguments[1], *ip = arguments[2];
  int port = atoi(arguments[3]), number = count > 4 ? atoi(arguments[4]) : 0, other = count > 5 ? atoi(arguments[5]) : 0;
  signal(SIGPIPE, SIG_IGN);
  start_stack();
  if (strcmp(work, "serve") == 0) return serve(1, count - 2, arguments + 2);
  if (strcmp(work, "sink") == 0) return serve(0, count - 2, arguments + 2);
  signal(SIGALRM, out_of_patience);
  alarm(PATIENCE);
  if (strcmp(work, "echo") == 0 && count == 7)
    return echo(ip, port, arguments[4], strcmp(arguments[5], "unordered") == 0, strcmp(arguments[6], "abort") == 0);
  if (strcmp(work, "pipeline") == 0 && count == 6) return run_pipeline(ip, port, number, other < STREAMS ? other : STREAMS);
  if (strcmp(work, "parallel") == 0 && count == 6) return parallel(ip, port, number, other);
  if (strcmp(work, "turns") == 0 && count == 5) return turns(ip, port, number);
  if (strcmp(work, "bulk") == 0 && count == 6) return bulk(ip, port, atof(arguments[4]), other);
  fputs("usrsctp-peer: what is it to do?\n", stderr);
  return 2;
}
