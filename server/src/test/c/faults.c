/*
 * Makes chosen file operations of the process it is preloaded into fail, or lie.
 *
 * The file named by RINGTAIL_FAULTS says which; it may change while the process runs. One fault a line:
 *
 *     sync EIO /log/          every fsync and fdatasync of a file whose path contains "/log/" fails
 *     sync LIE /              ... returns success and does nothing
 *     sync SLOW /             ... takes four seconds longer
 *     write ENOSPC /tables/   every write fails
 *     write HALF /log/        ... takes only half of the bytes and says so
 *
 * The file is read anew for each call that could be met: simple, and fast enough for tests.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum fault { NONE, FAIL_EIO, FAIL_ENOSPC, LIE, HALF, SLOW };

static enum fault named(const char *name) {
    if (strcmp(name, "EIO") == 0) return FAIL_EIO;
    if (strcmp(name, "ENOSPC") == 0) return FAIL_ENOSPC;
    if (strcmp(name, "LIE") == 0) return LIE;
    if (strcmp(name, "HALF") == 0) return HALF;
    if (strcmp(name, "SLOW") == 0) return SLOW;
    return NONE;
}

static enum fault fault_of(const char *operation, int descriptor) {
    const char *rules = getenv("RINGTAIL_FAULTS");
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (rules == NULL || size < 0) return NONE;
    path[size] = 0;
    FILE *file = fopen(rules, "re");
    if (file == NULL) return NONE;
    char on[16], what[16], part[256];
    enum fault found = NONE;
    while (found == NONE && fscanf(file, "%15s %15s %255s", on, what, part) == 3) {
        if (strcmp(on, operation) == 0 && strstr(path, part) != NULL) found = named(what);
    }
    fclose(file);
    return found;
}

static int error_of(enum fault fault) {
    errno = fault == FAIL_ENOSPC ? ENOSPC : EIO;
    return -1;
}

static int sync_by(const char *name, int descriptor) {
    enum fault fault = fault_of("sync", descriptor);
    if (fault == LIE) return 0;
    if (fault == SLOW) sleep(4);
    else if (fault != NONE) return error_of(fault);
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    return real(descriptor);
}

int fsync(int descriptor) { return sync_by("fsync", descriptor); }
int fdatasync(int descriptor) { return sync_by("fdatasync", descriptor); }

static ssize_t pwrite_by(const char *name, int descriptor, const void *bytes, size_t count, off64_t offset) {
    enum fault fault = count > 0 ? fault_of("write", descriptor) : NONE;
    if (fault == HALF) count = (count + 1) / 2;
    else if (fault != NONE) return error_of(fault);
    ssize_t (*real)(int, const void *, size_t, off64_t) =
        (ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, name);
    return real(descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return pwrite_by("pwrite", descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    return pwrite_by("pwrite64", descriptor, bytes, count, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    enum fault fault = descriptor > 2 && count > 0 ? fault_of("write", descriptor) : NONE;
    if (fault == HALF) count = (count + 1) / 2;
    else if (fault != NONE) return error_of(fault);
    ssize_t (*real)(int, const void *, size_t) = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    return real(descriptor, bytes, count);
}
