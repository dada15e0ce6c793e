/* A disk that goes wrong, preloaded into a program for the files below DISK_ROOT.
   With DISK_STORE it forgets on power loss whatever was not flushed: `fsync` of a file keeps its content there, `fsync`
   of a folder the names in it; nothing else is kept (faultydisk.py reads it).
   With DISK_FULL it has no room for as long as a file of that name is there.
   With DISK_STUCK nothing is flushed for as long as a file of that name is there: whoever flushes waits. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A file's name among what is kept: its inode and birth, for an inode number is given again. */
static int key_of(int folder, const char *name, char *key, char *kind) {
  struct statx found;
  if (statx(folder, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &found)) return -1;
  *kind = S_ISDIR(found.stx_mode) ? 'd' : S_ISREG(found.stx_mode) ? 'f' : '-';
  return snprintf(key, 64, "%llu-%lld-%u", (unsigned long long)found.stx_ino, (long long)found.stx_btime.tv_sec,
                  found.stx_btime.tv_nsec);
}

static void keep_content(int fd, FILE *kept) {
  char piece[1 << 16];
  ssize_t size;
  /* Never opened anew: closing it would end the locks that the program holds on it. */
  for (off_t at = 0; (size = pread(fd, piece, sizeof piece, at)) != 0; at += size) {
    if (size < 0) abort();
    fwrite(piece, 1, size, kept);
  }
}

static void keep_names(const char *path, FILE *kept) {
  char key[64], kind;
  DIR *folder = opendir(path);
  if (!folder) abort();
  for (struct dirent *entry; (entry = readdir(folder));)
    if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") && key_of(dirfd(folder), entry->d_name, key, &kind) > 0)
      fprintf(kept, "%c %s %s\n", kind, key, entry->d_name);
  closedir(folder);
}

/* Whether an open file is on this disk; its path. */
static int is_here(int fd, char *path, size_t size) {
  const char *root = getenv("DISK_ROOT");
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  memset(path, 0, size);
  return root && readlink(link, path, size - 1) > 0 && !strncmp(path, root, strlen(root)) && !access(path, F_OK);
}

static int flush(int fd) {
  const char *store = getenv("DISK_STORE"), *stuck = getenv("DISK_STUCK");
  char path[PATH_MAX], key[64], kind, new[PATH_MAX], old[PATH_MAX];
  while (stuck && is_here(fd, path, sizeof path) && !access(stuck, F_OK)) usleep(10000);
  if (!store || !is_here(fd, path, sizeof path) || key_of(fd, "", key, &kind) < 0) return 0;
  snprintf(new, sizeof new, "%s/lock", store);
  /* One at a time, so that no older content replaces a newer one. */
  int lock = open(new, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock < 0 || flock(lock, LOCK_EX)) abort();
  snprintf(new, sizeof new, "%s/new", store);
  snprintf(old, sizeof old, "%s/%s", store, key);
  FILE *kept = fopen(new, "wb");
  if (!kept) abort();
  if (kind == 'd') keep_names(path, kept);
  else keep_content(fd, kept);
  if (fclose(kept) || rename(new, old)) abort();
  close(lock);
  return 0;
}

int fsync(int fd) { return flush(fd); }
int fdatasync(int fd) { return flush(fd); }

/* What a file has it keeps: only growing needs room. */
static int is_full(int fd, off_t end) {
  const char *full = getenv("DISK_FULL");
  char path[PATH_MAX];
  struct stat found;
  int known = errno;
  int fails = full && !access(full, F_OK) && is_here(fd, path, sizeof path) && !fstat(fd, &found) && end > found.st_size;
  errno = fails ? ENOSPC : known;
  return fails;
}

ssize_t write(int fd, const void *data, size_t size) {
  off_t at = lseek(fd, 0, SEEK_CUR);
  return is_full(fd, at + (off_t)size) ? -1 : syscall(SYS_write, fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  return is_full(fd, at + (off_t)size) ? -1 : syscall(SYS_pwrite64, fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  return is_full(fd, at + (off_t)size) ? -1 : syscall(SYS_pwrite64, fd, data, size, at);
}
