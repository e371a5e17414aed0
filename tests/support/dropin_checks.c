/* SPDX-License-Identifier: Apache-2.0 */
#include "support/dropin_checks.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "support/dropin_fixture.h"
#include "support/journal_fixture.h"
#include "otter/flag.h"
#include "otter/journal.h"

enum { BACKUP = 0x08009800 };

void dropin_assert_no_record(void)
{
    struct otter_flag flag;
    assert_int_equal(otter_flag_read(&dropin.flash.port, &ram_flash_layout, &flag),
                     OTTER_ERR_NONE);
}

void dropin_assert_updated(void)
{
    struct otter_journal journal = journal_get(&dropin.flash);
    struct otter_flag flag;

    if (journal.kind == OTTER_JOURNAL_NONE) {
        assert_int_equal(otter_flag_read(&dropin.flash.port, &ram_flash_layout, &flag), 0);
        assert_int_equal(flag.image_size, dropin.size);
        assert_memory_equal(flag.md5, dropin.md5, 16);
    } else {
        dropin_assert_no_record();
        assert_int_equal(journal.request_size, dropin.size);
        assert_memory_equal(journal.request_file.digest, dropin.md5, 8);
    }
    assert_memory_equal(ram_flash_peek(&dropin.flash, BACKUP), dropin.image, dropin.size);
    assert_int_equal(dropin.flash.refused, 0);
}

void dropin_assert_refused_in_order(void)
{
    assert_int_equal(dropin_sent(0x27), 1);
    assert_true(dropin.sent_count >= 2);
    assert_int_equal(dropin.sent[dropin.sent_count - 2].cmd, 0x27);
    assert_int_equal(dropin.sent[dropin.sent_count - 1].cmd, DROPIN_ACK + 0x1D);
    assert_int_equal(romUpdate.otaBusyModeFlag, 0);
    dropin_assert_no_record();
}
