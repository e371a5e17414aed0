/* SPDX-License-Identifier: Apache-2.0 */
#include "support/failing_disk.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>

static sqlite3_vfs *real_vfs, our_vfs;

/* A file keeps its own layout; only its table of methods is replaced by a copy of it with our
 * write and sync. SQLite has two such tables for files of the database and log (the locks
 * differ); the real calls are the same in both. */
enum { TABLES = 8 };
static sqlite3_io_methods tables[TABLES];
static const sqlite3_io_methods *real_tables[TABLES];
static int (*real_write)(sqlite3_file *, const void *, int, sqlite3_int64);
static int (*real_sync)(sqlite3_file *, int);

static atomic_int failing, failing_code;

static int write_file(sqlite3_file *file, const void *data, int len, sqlite3_int64 off)
{
    return failing == FAILING_WRITE ? failing_code : real_write(file, data, len, off);
}

static int sync_file(sqlite3_file *file, int flags)
{
    return failing == FAILING_SYNC ? failing_code : real_sync(file, flags);
}

static int open_file(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
                     int *out_flags)
{
    int rc = real_vfs->xOpen(vfs, name, file, flags, out_flags);

    for (int i = 0; rc == SQLITE_OK && file->pMethods != NULL && i < TABLES; i++) {
        if (real_tables[i] == NULL) {
            real_tables[i] = file->pMethods;
            tables[i] = *file->pMethods;
            real_write = tables[i].xWrite;
            real_sync = tables[i].xSync;
            tables[i].xWrite = write_file;
            tables[i].xSync = sync_file;
        }
        if (real_tables[i] == file->pMethods) {
            file->pMethods = &tables[i];
            break;
        }
    }
    return rc;
}

void failing_disk_install(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    our_vfs = *real_vfs;
    our_vfs.zName = "failing-disk";
    our_vfs.xOpen = open_file;
    sqlite3_vfs_register(&our_vfs, 1);
}

void failing_disk_set(enum failing_what what, int code)
{
    failing_code = code;
    failing = (int)what;
}
