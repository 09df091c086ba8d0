/*
 * Faults for a real process: preloaded before the C library, it stands between the program and its files.
 *
 * Only calls on files below SHIM_ROOT are watched; sockets are looked at for the log alone. SHIM_CONTROL names a file of
 * 64-bit slots (see `enum slot`) that is mapped by the process and written by the test, also while the process runs.
 * SHIM_LOG names a file that gets a line for each watched call. SHIM_SHADOW names an empty folder that from then on
 * holds what a power cut would leave:
 *   i<inode>   content of a file, as far as it is durable
 *   d<inode>/  names of a folder, as far as they are durable: links to contents, symbolic links to other folders
 *   root       symbolic link to the folder of SHIM_ROOT
 * Content becomes durable by fsync or fdatasync of that file, never by sync_file_range; names at once, or (mode bit
 * NAMES) by fsync of their folder; with mode bit EAGER each write is durable at once with probability 1/2.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum slot { CALLS, KILL_AT, TORN, FAIL_KINDS, FAIL_AT, FAIL_ERRNO, FAIL_COUNT, FAIL_SEEN, FULL, CLOCK_S, SHORT, SEED, SLOTS };
enum kind { WRITE = 1, SYNC = 2, NAME = 4, SIZE = 8 };
enum mode { EAGER = 1, NAMES = 2 };

static char root[PATH_MAX], shadow[PATH_MAX];
static size_t root_len;
static volatile uint64_t idle[SLOTS], *slots = idle;
static int log_fd = -1, mode;
/* Guards the shadow's names and the table of what is not durable. */
static pthread_mutex_t names = PTHREAD_MUTEX_INITIALIZER;
/* What of a file was written since it was last synchronised. */
static struct dirty { uint64_t inode; off_t from, until; } dirty[1 << 14];

#define REAL(name) ({ static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name); real; })

static void die(const char *what) {
    dprintf(2, "shim: %s: %s\n", what, strerror(errno));
    abort();
}

static int copy(int from, int to, off_t at, off_t until) {
    char bytes[1 << 16];
    while (at < until) {
        size_t want = until - at < (off_t)sizeof bytes ? (size_t)(until - at) : sizeof bytes;
        ssize_t got = pread(from, bytes, want, at);
        if (got <= 0) return (int)got;
        if (REAL(pwrite64)(to, bytes, got, at) != got) return -1;
        at += got;
    }
    return 0;
}

/* The file in which the durable content of an inode is kept. */
static int content(uint64_t inode, int anew) {
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/i%lu", shadow, inode);
    if (anew) REAL(unlink)(path);
    int fd = REAL(open64)(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) die(path);
    return fd;
}

static void folder(uint64_t inode, char *path, size_t size) {
    snprintf(path, size, "%s/d%lu", shadow, inode);
    REAL(mkdir)(path, 0700);
}

/* Forgets the names of a folder that are not in `real` any more (all, if it is NULL). */
static void clear(const char *shade, const char *real) {
    char path[PATH_MAX * 2];
    struct stat st;
    DIR *dir = opendir(shade);
    if (!dir) return;
    for (struct dirent *it; (it = readdir(dir));) {
        if (!strcmp(it->d_name, ".") || !strcmp(it->d_name, "..")) continue;
        if (real && (snprintf(path, sizeof path, "%s/%s", real, it->d_name), !lstat(path, &st))) continue;
        snprintf(path, sizeof path, "%s/%s", shade, it->d_name);
        REAL(unlink)(path);
    }
    closedir(dir);
}

/* Makes one name durable as it stands, or its absence. */
static void keep_name(const char *path) {
    char up[PATH_MAX], shade[PATH_MAX + 64], to[PATH_MAX * 2], target[PATH_MAX + 64], fresh[PATH_MAX + 64];
    struct stat parent, st, old, now;
    snprintf(up, sizeof up, "%s", path);
    char *slash = strrchr(up, '/');
    *slash = 0;
    if (stat(up, &parent)) return;
    folder(parent.st_ino, shade, sizeof shade);
    snprintf(to, sizeof to, "%s/%s", shade, slash + 1);
    if (lstat(path, &st)) {
        REAL(unlink)(to);
        return;
    }
    snprintf(fresh, sizeof fresh, "%s/fresh", shadow);
    REAL(unlink)(fresh);
    if (S_ISDIR(st.st_mode)) {
        folder(st.st_ino, target, sizeof target);
        snprintf(target, sizeof target, "../d%lu", st.st_ino);
        if (symlink(target, fresh)) die(fresh);
    } else {
        snprintf(target, sizeof target, "%s/i%lu", shadow, st.st_ino);
        close(content(st.st_ino, 0));
        /* A rename between two names of one file does nothing, so look first. */
        if (!lstat(target, &now) && !lstat(to, &old) && old.st_ino == now.st_ino) return;
        if (link(target, fresh)) die(fresh);
    }
    if (REAL(rename)(fresh, to)) die(to);
}

/* Makes all names of a folder durable; from a fresh start also contents and what lies below. */
static void keep_names(const char *path, int all) {
    char below[PATH_MAX * 2], shade[PATH_MAX + 64];
    struct stat st;
    DIR *dir = opendir(path);
    if (!dir || stat(path, &st)) return;
    folder(st.st_ino, shade, sizeof shade);
    clear(shade, path);
    for (struct dirent *it; (it = readdir(dir));) {
        if (!strcmp(it->d_name, ".") || !strcmp(it->d_name, "..")) continue;
        snprintf(below, sizeof below, "%s/%s", path, it->d_name);
        if (all && !lstat(below, &st) && S_ISREG(st.st_mode)) {
            int from = REAL(open64)(below, O_RDONLY | O_CLOEXEC), to = content(st.st_ino, 0);
            if (from < 0 || copy(from, to, 0, st.st_size)) die(below);
            close(from), close(to);
        }
        keep_name(below);
        if (all && !lstat(below, &st) && S_ISDIR(st.st_mode)) keep_names(below, 1);
    }
    closedir(dir);
}

static struct dirty *entry(uint64_t inode) {
    size_t size = sizeof dirty / sizeof *dirty, at = inode * 0x9E3779B97F4A7C15u >> 50;
    for (size_t n = 0; n < size; n++, at = (at + 1) % size)
        if (!dirty[at].inode || dirty[at].inode == inode) return dirty[at].inode = inode, &dirty[at];
    die("too many files");
    return NULL;
}

static void wrote(int fd, off_t from, off_t until) {
    struct stat st;
    if (!*shadow || fstat(fd, &st)) return;
    pthread_mutex_lock(&names);
    struct dirty *it = entry(st.st_ino);
    if (it->from == it->until) it->from = from, it->until = until;
    if (from < it->from) it->from = from;
    if (until > it->until) it->until = until;
    if (mode & EAGER) {
        slots[SEED] = slots[SEED] * 6364136223846793005u + 1442695040888963407u;
        if (slots[SEED] >> 63) {
            int to = content(st.st_ino, 0);
            copy(fd, to, from, until);
            close(to);
        }
    }
    pthread_mutex_unlock(&names);
}

/* After a true fsync: what was written before it is durable. */
static void synced(int fd, const char *path) {
    struct stat st;
    if (!*shadow || fstat(fd, &st)) return;
    pthread_mutex_lock(&names);
    if (S_ISDIR(st.st_mode)) {
        if (mode & NAMES) keep_names(path, 0);
    } else {
        struct dirty *it = entry(st.st_ino);
        int from = REAL(open64)(path, O_RDONLY | O_CLOEXEC), to = content(st.st_ino, 0);
        if (from >= 0 && copy(from, to, it->from, it->until < st.st_size ? it->until : st.st_size)) die(path);
        if (REAL(ftruncate64)(to, st.st_size)) die("ftruncate");
        it->from = it->until = 0;
        close(from), close(to);
    }
    pthread_mutex_unlock(&names);
}

static void named(const char *path, int anew) {
    struct stat st;
    if (!*shadow) return;
    pthread_mutex_lock(&names);
    /* An inode number that comes again must not bring its former content. */
    if (anew && !lstat(path, &st)) {
        char shade[PATH_MAX + 64];
        if (S_ISDIR(st.st_mode)) folder(st.st_ino, shade, sizeof shade), clear(shade, NULL);
        else close(content(st.st_ino, 1)), *entry(st.st_ino) = (struct dirty){ .inode = st.st_ino };
    }
    if (!(mode & NAMES)) keep_name(path);
    pthread_mutex_unlock(&names);
}

static int below(const char *path) {
    return root_len && !strncmp(path, root, root_len) && (path[root_len] == '/' || !path[root_len]);
}

/* The watched file behind a descriptor. */
static int of_fd(int fd, char *path) {
    char link[64];
    if (!root_len) return 0;
    int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, PATH_MAX - 1);
    errno = saved;
    path[len < 0 ? 0 : len] = 0;
    return below(path);
}

/* The watched file of a name in a folder. */
static int of_name(int dir, const char *name, char *path) {
    if (!root_len) return 0;
    if (*name == '/') snprintf(path, PATH_MAX, "%s", name);
    else {
        char at[PATH_MAX];
        if (dir == AT_FDCWD ? !getcwd(at, sizeof at) : (of_fd(dir, at), !*at)) return 0;
        snprintf(path, PATH_MAX, "%s/%s", at, strncmp(name, "./", 2) ? name : name + 2);
    }
    return below(path);
}

/* One line, one system call: lines of several threads do not mix, and a kill loses none. */
static void note(const char *what, const char *path, size_t size) {
    char line[PATH_MAX + 64];
    if (log_fd < 0) return;
    const char *name = below(path) ? path + root_len : path;
    int len = snprintf(line, sizeof line, "%s %s %zu\n", what, *name == '/' ? name + 1 : "-", size);
    syscall(SYS_write, log_fd, line, len);
}

static void vanish(void) {
    syscall(SYS_kill, getpid(), SIGKILL);
    pause();
}

/* Counts a call; true: it has to fail with `errno`. The n-th call does not happen any more. */
static int counted(enum kind kind, const char *what, const char *path, size_t size) {
    note(what, path, size);
    uint64_t n = __atomic_add_fetch(&slots[CALLS], 1, __ATOMIC_SEQ_CST);
    if (n == slots[KILL_AT] && !(slots[TORN] && kind == WRITE)) vanish();
    if (slots[FULL] && kind != SYNC && strcmp(what, "unlink")) return errno = ENOSPC, 1;
    if (!(slots[FAIL_KINDS] & kind)) return 0;
    uint64_t nth = __atomic_add_fetch(&slots[FAIL_SEEN], 1, __ATOMIC_SEQ_CST);
    if (!slots[FAIL_AT] || nth < slots[FAIL_AT] || nth - slots[FAIL_AT] >= slots[FAIL_COUNT]) return 0;
    note("failed", path, slots[FAIL_ERRNO]);
    return errno = (int)slots[FAIL_ERRNO], 1;
}

/* Bytes that a write may take: half of them before a kill that tears it, or if writes are to be short. */
static size_t some(size_t size) {
    int tears = slots[TORN] && slots[KILL_AT] && slots[CALLS] >= slots[KILL_AT];
    return (tears || slots[SHORT]) && size > 1 ? size / 2 : size;
}

static void torn(void) {
    if (slots[TORN] && slots[KILL_AT] && slots[CALLS] >= slots[KILL_AT]) vanish();
}

static void answered(int fd, const void *bytes, size_t size) {
    char path[PATH_MAX];
    if (log_fd < 0 || size < 12 || memcmp(bytes, "HTTP/1.1 20", 11)) return;
    of_fd(fd, path);
    if (!strncmp(path, "socket:", 7)) note(((const char *)bytes)[11] == '1' ? "answered-201" : "answered-20x", "", size);
}

ssize_t write(int fd, const void *bytes, size_t size) {
    char path[PATH_MAX];
    if (!of_fd(fd, path)) return answered(fd, bytes, size), REAL(write)(fd, bytes, size);
    if (counted(WRITE, "write", path, size)) return -1;
    ssize_t done = REAL(write)(fd, bytes, some(size));
    torn();
    off_t end = lseek(fd, 0, SEEK_CUR);
    if (done > 0) wrote(fd, end - done, end);
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
    char path[PATH_MAX];
    if (!of_fd(fd, path)) return REAL(pwrite64)(fd, bytes, size, at);
    if (counted(WRITE, "pwrite", path, size)) return -1;
    ssize_t done = REAL(pwrite64)(fd, bytes, some(size), at);
    torn();
    if (done > 0) wrote(fd, at, at + done);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) { return pwrite64(fd, bytes, size, at); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
    char path[PATH_MAX];
    if (count > 0) answered(fd, parts->iov_base, parts->iov_len);
    if (!of_fd(fd, path)) return REAL(writev)(fd, parts, count);
    return count > 0 ? write(fd, parts->iov_base, parts->iov_len) : 0;
}

ssize_t send(int fd, const void *bytes, size_t size, int flags) {
    answered(fd, bytes, size);
    return REAL(send)(fd, bytes, size, flags);
}

#define SYNCING(name)                                                  \
    int name(int fd) {                                                 \
        char path[PATH_MAX];                                           \
        if (!of_fd(fd, path)) return REAL(name)(fd);                   \
        if (counted(SYNC, #name, path, 0)) return -1;                  \
        int done = REAL(name)(fd);                                     \
        if (!done) synced(fd, path);                                   \
        return done;                                                   \
    }
SYNCING(fsync)
SYNCING(fdatasync)

int sync_file_range(int fd, off64_t at, off64_t size, unsigned flags) {
    char path[PATH_MAX];
    if (of_fd(fd, path) && counted(SYNC, "sync_file_range", path, size)) return -1;
    return REAL(sync_file_range)(fd, at, size, flags);
}

int ftruncate64(int fd, off64_t size) {
    char path[PATH_MAX];
    if (!of_fd(fd, path)) return REAL(ftruncate64)(fd, size);
    return counted(SIZE, "ftruncate", path, size) ? -1 : REAL(ftruncate64)(fd, size);
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int posix_fallocate64(int fd, off64_t at, off64_t size) {
    char path[PATH_MAX];
    if (of_fd(fd, path) && counted(SIZE, "fallocate", path, size)) return errno;
    return REAL(posix_fallocate64)(fd, at, size);
}

int fallocate64(int fd, int how, off64_t at, off64_t size) {
    char path[PATH_MAX];
    if (of_fd(fd, path) && counted(SIZE, "fallocate", path, size)) return -1;
    return REAL(fallocate64)(fd, how, at, size);
}

/* Whoever copies within the kernel is told to read and write instead. */
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags) {
    char path[PATH_MAX];
    if (of_fd(out, path)) return errno = ENOSYS, -1;
    return REAL(copy_file_range)(in, from, out, to, size, flags);
}

ssize_t sendfile64(int out, int in, off64_t *at, size_t size) {
    char path[PATH_MAX];
    if (of_fd(out, path)) return errno = ENOSYS, -1;
    return REAL(sendfile64)(out, in, at, size);
}

static int opened(int dir, const char *name, int flags, mode_t rights) {
    char path[PATH_MAX];
    struct stat st;
    if (!(flags & (O_CREAT | O_TRUNC)) || !of_name(dir, name, path)) return REAL(openat64)(dir, name, flags, rights);
    int anew = lstat(path, &st);
    if ((anew || flags & O_TRUNC) && counted(NAME, anew ? "create" : "empty", path, 0)) return -1;
    int fd = REAL(openat64)(dir, name, flags, rights);
    if (fd >= 0 && anew) named(path, 1);
    return fd;
}

#define RIGHTS(last) ({ va_list more; va_start(more, last); mode_t it = last & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; va_end(more); it; })
int open(const char *name, int flags, ...) { return opened(AT_FDCWD, name, flags, RIGHTS(flags)); }
int open64(const char *name, int flags, ...) { return opened(AT_FDCWD, name, flags, RIGHTS(flags)); }
int openat(int dir, const char *name, int flags, ...) { return opened(dir, name, flags, RIGHTS(flags)); }
int openat64(int dir, const char *name, int flags, ...) { return opened(dir, name, flags, RIGHTS(flags)); }

int mkdir(const char *name, mode_t rights) {
    char path[PATH_MAX];
    struct stat st;
    if (!of_name(AT_FDCWD, name, path) || !lstat(path, &st)) return REAL(mkdir)(name, rights);
    if (counted(NAME, "mkdir", path, 0)) return -1;
    int done = REAL(mkdir)(name, rights);
    if (!done) named(path, 1);
    return done;
}

int rename(const char *old, const char *new) {
    char from[PATH_MAX], to[PATH_MAX];
    of_name(AT_FDCWD, old, from);
    if (!of_name(AT_FDCWD, new, to)) return REAL(rename)(old, new);
    if (counted(NAME, "rename", to, 0)) return -1;
    int done = REAL(rename)(old, new);
    if (!done) named(to, 0), named(from, 0);
    return done;
}

int unlinkat(int dir, const char *name, int flags) {
    char path[PATH_MAX];
    if (!of_name(dir, name, path)) return REAL(unlinkat)(dir, name, flags);
    if (counted(NAME, "unlink", path, 0)) return -1;
    int done = REAL(unlinkat)(dir, name, flags);
    if (!done) named(path, 0);
    return done;
}

int unlink(const char *name) { return root_len ? unlinkat(AT_FDCWD, name, 0) : REAL(unlink)(name); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }

/* The wall clock as the test wants it; the monotonic one is left alone. */
int clock_gettime(clockid_t clock, struct timespec *now) {
    int done = REAL(clock_gettime)(clock, now);
    if (!done && clock == CLOCK_REALTIME) now->tv_sec += (int64_t)slots[CLOCK_S];
    return done;
}

__attribute__((constructor)) static void begin(void) {
    const char *it = getenv("SHIM_CONTROL");
    int fd = it ? REAL(open64)(it, O_RDWR | O_CLOEXEC) : -1;
    void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, SLOTS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) return;
    slots = mapped;
    if ((it = getenv("SHIM_LOG"))) log_fd = REAL(open64)(it, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if ((it = getenv("SHIM_MODE"))) mode = atoi(it);
    if (!(it = getenv("SHIM_ROOT"))) return;
    if ((it = realpath(it, root)) && getenv("SHIM_SHADOW")) {
        struct stat st;
        char path[PATH_MAX + 64], target[64];
        snprintf(shadow, sizeof shadow, "%s", getenv("SHIM_SHADOW"));
        if (stat(root, &st)) die(root);
        snprintf(target, sizeof target, "d%lu", st.st_ino);
        snprintf(path, sizeof path, "%s/root", shadow);
        if (symlink(target, path)) die(path);
        keep_names(root, 1);
    }
    /* From here on calls count. */
    root_len = it ? strlen(root) : 0;
}
