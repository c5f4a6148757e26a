// test/kernel/kernel-peer.c: SCTP peers on the kernel's own sockets, for the guest; nothing but sockets(7) and sctp(7).
//   kernel-peer serve IP PORT                       echoes; ends when its input does
//   kernel-peer echo IP PORT SIZES ordered|unordered shutdown|abort
//   kernel-peer pipeline IP PORT MESSAGES           all under way at once, on eight streams
//   kernel-peer parallel IP PORT ASSOCIATIONS       all open at once, three messages on each
//   kernel-peer turns IP PORT ASSOCIATIONS          one after the other, a message on each
// The client writes one line: `ok N` messages that came back as they were, or what went wrong.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/sctp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { LONGEST = 1 << 20, BUFFER = 4 << 20, STREAMS = 16 };

struct message {
  char *bytes;
  ssize_t length;
  unsigned stream, ppid;
  int unordered;
};

static void fail(const char *what) {
  printf("%s: %s\n", what, strerror(errno));
  exit(1);
}

static void prepare(int fd) {
  int on = 1, room = BUFFER;
  struct sctp_initmsg init = {.sinit_num_ostreams = STREAMS, .sinit_max_instreams = STREAMS, .sinit_max_attempts = 6};
  setsockopt(fd, IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof on);
  setsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof on);
  setsockopt(fd, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof init);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
}

static int open_socket(const char *ip, int port, struct sockaddr_storage *address, socklen_t *size) {
  struct sockaddr_in *v4 = (void *)address;
  struct sockaddr_in6 *v6 = (void *)address;
  memset(address, 0, sizeof *address);
  if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    *size = sizeof *v4;
  } else if (inet_pton(AF_INET6, ip, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    *size = sizeof *v6;
  } else {
    errno = EINVAL;
    fail(ip);
  }
  int fd = socket(address->ss_family, SOCK_STREAM, IPPROTO_SCTP);
  if (fd < 0) fail("socket");
  prepare(fd);
  return fd;
}

static ssize_t receive(int fd, struct message *message) {
  size_t got = 0;
  for (;;) {
    char control[256];
    struct iovec vector = {message->bytes + got, LONGEST - got};
    struct msghdr header = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t count = recvmsg(fd, &header, 0);
    if (count <= 0) return message->length = count;
    if (header.msg_flags & MSG_NOTIFICATION) continue;
    got += count;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c != NULL; c = CMSG_NXTHDR(&header, c)) {
      if (c->cmsg_level != IPPROTO_SCTP || c->cmsg_type != SCTP_RCVINFO) continue;
      struct sctp_rcvinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      message->stream = info.rcv_sid;
      message->ppid = ntohl(info.rcv_ppid);
      message->unordered = (info.rcv_flags & SCTP_UNORDERED) != 0;
    }
    if (header.msg_flags & MSG_EOR) return message->length = got;
    if (got == LONGEST) return message->length = -1;
  }
}

static ssize_t transmit(int fd, const struct message *message) {
  char control[CMSG_SPACE(sizeof(struct sctp_sndinfo))] = {0};
  struct iovec vector = {message->bytes, message->length};
  struct msghdr header = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&header);
  struct sctp_sndinfo info = {
      .snd_sid = message->stream,
      .snd_ppid = htonl(message->ppid),
      .snd_flags = message->unordered ? SCTP_UNORDERED : 0,
  };
  c->cmsg_level = IPPROTO_SCTP;
  c->cmsg_type = SCTP_SNDINFO;
  c->cmsg_len = CMSG_LEN(sizeof info);
  memcpy(CMSG_DATA(c), &info, sizeof info);
  return sendmsg(fd, &header, MSG_NOSIGNAL);
}

static void *serve_one(void *argument) {
  int fd = (int)(long)argument;
  struct message message = {.bytes = malloc(LONGEST)};
  while (receive(fd, &message) > 0 && transmit(fd, &message) >= 0) continue;
  close(fd);
  free(message.bytes);
  return NULL;
}

static void *accept_all(void *argument) {
  for (;;) {
    int fd = accept((int)(long)argument, NULL, NULL);
    if (fd < 0) continue;
    prepare(fd);
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve_one, (void *)(long)fd) != 0) fail("pthread_create");
    pthread_detach(thread);
  }
  return NULL;
}

static int serve(const char *ip, int port) {
  struct sockaddr_storage address;
  socklen_t size;
  int fd = open_socket(ip, port, &address, &size);
  if (bind(fd, (void *)&address, size) < 0) fail("bind");
  if (listen(fd, 512) < 0) fail("listen");
  pthread_t thread;
  if (pthread_create(&thread, NULL, accept_all, (void *)(long)fd) != 0) fail("pthread_create");
  while (getchar() != EOF) continue;
  return 0;
}

// Sends the INIT. `waits`: until something has come of it.
static int start_to_connect(const char *ip, int port, int waits) {
  struct sockaddr_storage address;
  socklen_t size;
  int fd = open_socket(ip, port, &address, &size);
  struct timeval patience = {.tv_sec = 100};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (!waits) fcntl(fd, F_SETFL, O_NONBLOCK);
  if (connect(fd, (void *)&address, size) < 0 && (waits || errno != EINPROGRESS)) fail("connect");
  return fd;
}

static void fill(struct message *message, ssize_t length, int which) {
  message->length = length;
  message->ppid = 1000 + which;
  for (ssize_t at = 0; at < length; at++) message->bytes[at] = (char)(at * 7 + which * 13 + (at >> 8));
}

static int is_same(const struct message *a, const struct message *b) {
  return a->length == b->length && a->stream == b->stream && a->ppid == b->ppid && a->unordered == b->unordered &&
         memcmp(a->bytes, b->bytes, a->length) == 0;
}

static int echo(const char *ip, int port, char *sizes, int unordered, int aborts) {
  int fd = start_to_connect(ip, port, 1), good = 0, which = 0;
  struct message sent = {.bytes = malloc(LONGEST), .unordered = unordered}, back = {.bytes = malloc(LONGEST)};
  for (char *text = strtok(sizes, ","); text != NULL; text = strtok(NULL, ","), which++) {
    fill(&sent, atoi(text), which);
    sent.stream = which % 8;
    if (transmit(fd, &sent) < 0) fail("sendmsg");
    if (receive(fd, &back) <= 0) {
      fprintf(stdout, "no message %d of %zd bytes: ", which, sent.length);
      fail("recvmsg");
    }
    if (!is_same(&back, &sent)) {
      printf("message %d of %zd bytes came back as %zd bytes, stream %u\n", which, sent.length, back.length, back.stream);
      return 1;
    }
    good++;
  }
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  if (aborts) setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd);
  printf("ok %d\n", good);
  return 0;
}

struct pipeline {
  int fd, messages;
};

static void one_of_many(struct message *message, int which) {
  // Small ones and ones of several packets, so that streams could overtake each other.
  fill(message, 20 + which % 7 * 900, which);
  message->stream = which % 8;
}

static void *send_all(void *argument) {
  struct pipeline *pipeline = argument;
  struct message message = {.bytes = malloc(LONGEST)};
  for (int which = 0; which < pipeline->messages; which++) {
    one_of_many(&message, which);
    if (transmit(pipeline->fd, &message) < 0) break;
  }
  free(message.bytes);
  return NULL;
}

// Those of a stream must come back in order.
static int run_pipeline(const char *ip, int port, int messages) {
  struct pipeline pipeline = {start_to_connect(ip, port, 1), messages};
  struct message expected = {.bytes = malloc(LONGEST)}, back = {.bytes = malloc(LONGEST)};
  pthread_t sender;
  if (pthread_create(&sender, NULL, send_all, &pipeline) != 0) fail("pthread_create");
  int next[8], good = 0;
  for (int stream = 0; stream < 8; stream++) next[stream] = stream;
  for (int got = 0; got < messages; got++) {
    if (receive(pipeline.fd, &back) <= 0) fail("recvmsg");
    one_of_many(&expected, next[back.stream % 8]);
    if (is_same(&expected, &back)) good++;
    next[back.stream % 8] += 8;
  }
  close(pipeline.fd);
  printf("ok %d\n", good);
  return 0;
}

// 1 if a message of `length` bytes on `fd` comes back as it was.
static int exchange(int fd, int length, int which) {
  static struct message sent, back;
  if (sent.bytes == NULL) sent.bytes = malloc(LONGEST), back.bytes = malloc(LONGEST);
  fill(&sent, length, which);
  return transmit(fd, &sent) >= 0 && receive(fd, &back) > 0 && is_same(&sent, &back);
}

static int parallel(const char *ip, int port, int count) {
  int *fds = calloc(count, sizeof *fds), good = 0;
  for (int at = 0; at < count; at++) fds[at] = start_to_connect(ip, port, 0);
  for (int at = 0; at < count; at++) {
    struct pollfd one = {.fd = fds[at], .events = POLLOUT};
    poll(&one, 1, 60000);
    fcntl(fds[at], F_SETFL, 0);
  }
  for (int round = 0; round < 3; round++)
    for (int at = 0; at < count; at++) good += exchange(fds[at], 3000, at + round);
  for (int at = 0; at < count; at++) close(fds[at]);
  printf("ok %d\n", good);
  return 0;
}

static int turns(const char *ip, int port, int count) {
  int good = 0;
  for (int at = 0; at < count; at++) {
    int fd = start_to_connect(ip, port, 1);
    good += exchange(fd, 100, at);
    close(fd);
  }
  printf("ok %d\n", good);
  return 0;
}

int main(int count, char **arguments) {
  signal(SIGPIPE, SIG_IGN);
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (count == 4 && strcmp(arguments[1], "serve") == 0) return serve(arguments[2], atoi(arguments[3]));
  if (count == 7 && strcmp(arguments[1], "echo") == 0)
    return echo(arguments[2], atoi(arguments[3]), arguments[4], strcmp(arguments[5], "unordered") == 0,
                strcmp(arguments[6], "abort") == 0);
  if (count == 5 && strcmp(arguments[1], "pipeline") == 0)
    return run_pipeline(arguments[2], atoi(arguments[3]), atoi(arguments[4]));
  if (count == 5 && strcmp(arguments[1], "parallel") == 0)
    return parallel(arguments[2], atoi(arguments[3]), atoi(arguments[4]));
  if (count == 5 && strcmp(arguments[1], "turns") == 0)
    return turns(arguments[2], atoi(arguments[3]), atoi(arguments[4]));
  fputs("kernel-peer: what is it to do?\n", stderr);
  return 2;
}
