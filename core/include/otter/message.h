/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_MESSAGE_H
#define OTTER_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/err.h"
#include "otter/frame.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The messages of the Gizwits serial protocol: payload bytes <-> typed structs, for both sides.
 *
 * otter_put_<message>() writes a payload and returns its length, or OTTER_ERR_SPACE /
 * OTTER_ERR_RANGE. otter_get_<message>() reads one from a decoded frame and returns 0, or
 * OTTER_ERR_FORMAT if it is too short, too long or holds a value that cannot be; pointers in
 * its result point into the frame. Pure code, any context; unused functions are dropped by the
 * linker.
 * Source: docs/protocol.md chapter 2.
 */
enum otter_cmd { /* W = Wi-Fi module, M = MCU; the answer to a command is command + 1 */
                 OTTER_CMD_GET_INFO = 0x01, /* W->M, answer 0x02 with struct otter_info */
                 OTTER_CMD_INFO = 0x02,
                 OTTER_CMD_CONTROL = 0x03,     /* W->M, P0 */
                 OTTER_CMD_CONTROL_ACK = 0x04, /* empty, or P0 for a read */
                 OTTER_CMD_REPORT = 0x05,      /* M->W, P0 */
                 OTTER_CMD_REPORT_ACK = 0x06,
                 OTTER_CMD_HEARTBEAT = 0x07, /* W->M, every 55 s */
                 OTTER_CMD_HEARTBEAT_ACK = 0x08,
                 OTTER_CMD_CONFIG_MODE = 0x09, /* M->W */
                 OTTER_CMD_CONFIG_MODE_ACK = 0x0A,
                 OTTER_CMD_RESET_MODULE = 0x0B, /* M->W, forget network and identity */
                 OTTER_CMD_RESET_MODULE_ACK = 0x0C,
                 OTTER_CMD_STATUS = 0x0D, /* W->M */
                 OTTER_CMD_STATUS_ACK = 0x0E,
                 OTTER_CMD_RESTART_MCU = 0x0F, /* W->M, MCU resets after 600 ms */
                 OTTER_CMD_RESTART_MCU_ACK = 0x10,
                 OTTER_CMD_ILLEGAL_TO_MCU = 0x11,    /* W->M, no answer */
                 OTTER_CMD_ILLEGAL_TO_MODULE = 0x12, /* M->W, no answer */
                 OTTER_CMD_PRODUCTION_TEST = 0x13,   /* M->W */
                 OTTER_CMD_PRODUCTION_TEST_ACK = 0x14,
                 OTTER_CMD_BINDABLE = 0x15, /* M->W */
                 OTTER_CMD_BINDABLE_ACK = 0x16,
                 OTTER_CMD_GET_TIME = 0x17, /* M->W, answer 0x18 with struct otter_time */
                 OTTER_CMD_TIME = 0x18,
                 OTTER_CMD_OFFER = 0x19, /* W->M, struct otter_offer */
                 OTTER_CMD_OFFER_ACK = 0x1A,
                 OTTER_CMD_READY = 0x1B, /* M->W, struct otter_ready */
                 OTTER_CMD_READY_ACK = 0x1C,
                 OTTER_CMD_PIECE = 0x1D, /* W->M, struct otter_piece */
                 OTTER_CMD_PIECE_ACK = 0x1E,
                 OTTER_CMD_SENDER_STOP = 0x1F, /* W->M */
                 OTTER_CMD_SENDER_STOP_ACK = 0x20,
                 OTTER_CMD_GET_MODULE_INFO = 0x21, /* M->W, one byte 0 */
                 OTTER_CMD_MODULE_INFO = 0x22,
                 OTTER_CMD_TRANSACTION = 0x23, /* M->W, OTA of a second MCU */
                 OTTER_CMD_TRANSACTION_ACK = 0x24,
                 OTTER_CMD_TRANSACTION_RESULT = 0x25, /* W->M */
                 OTTER_CMD_TRANSACTION_RESULT_ACK = 0x26,
                 OTTER_CMD_RECEIVER_STOP = 0x27, /* M->W */
                 OTTER_CMD_RECEIVER_STOP_ACK = 0x28,
                 OTTER_CMD_RESTART_MODULE = 0x29, /* M->W, module restarts after 100 ms */
                 OTTER_CMD_RESTART_MODULE_ACK = 0x2A,
                 /* W->M, otter's own (otter/about.h): only after a 0x02 with otter's mark */
                 OTTER_CMD_ASK_ABOUT = 0x6F,
                 OTTER_CMD_ABOUT = 0x70,
};

/* ---- 0x02 device information ---- */
struct otter_info {
    uint8_t protocol[8];     /* ASCII, "00000004" */
    uint8_t p0_version[8];   /* ASCII, "00000002" */
    uint8_t hardware[8];     /* ASCII hard_version */
    uint8_t version[8];      /* ASCII soft_version */
    uint8_t product_key[32]; /* ASCII hex */
    uint16_t bindable_s;     /* 0 = always */
    bool has_attr;           /* the 79-byte form */
    uint8_t attr[8];         /* bit 0 of attr[7]: gateway */
    bool has_secret;         /* the 111-byte form; needs has_attr */
    uint8_t secret[32];
};
enum { OTTER_INFO_MAX = 106 };
OTTER_MUST_CHECK int otter_put_info(const struct otter_info *info, uint8_t out[],
                                    uint16_t out_max);
/* Accepts longer forms as modules do: attributes from 74 bytes on, the secret at exactly
 * 106. */
OTTER_MUST_CHECK int otter_get_info(const struct otter_frame *frame,
                                    struct otter_info *out_info);

enum { OTTER_UPDATE_STATUS_MARK = 0x6F }; /* 'o': the high byte of these flags */
/* What an otter app tells the module about its last update, and the bootloader's recovery why
 * it is there, in the flags of the 0x02 frame; modules ignore the flags of an answer.
 * docs/protocol.md 2.1 and 4.7 */
struct otter_update_status {
    bool is_otter;  /* the flags are ours; if not, the other members are zero */
    bool on_trial;  /* the version in 0x02 is not confirmed yet: it may be reverted */
    uint8_t reason; /* enum otter_reason; unknown numbers are possible */
};
uint16_t otter_put_update_status(const struct otter_update_status *status);
/* Accepts any flags; those that are not ours give a zeroed struct. */
void otter_get_update_status(const struct otter_frame *frame,
                             struct otter_update_status *out_status);

/* ---- 0x03, 0x04, 0x05: P0, the product's own data after an action byte ---- */
enum otter_p0_action {
    OTTER_P0_CONTROL = 0x01,
    OTTER_P0_READ = 0x02,
    OTTER_P0_READ_ANSWER = 0x03,
    OTTER_P0_REPORT = 0x04,
    OTTER_P0_TO_MCU = 0x05,      /* transparent */
    OTTER_P0_FROM_MCU = 0x06,    /* transparent */
    OTTER_P0_VAR_CONTROL = 0x11, /* 0x11..0x14: the variable-length forms */
    OTTER_P0_VAR_READ = 0x12,
    OTTER_P0_VAR_READ_ANSWER = 0x13,
    OTTER_P0_VAR_REPORT = 0x14,
};
struct otter_p0 {
    uint8_t action;
    const uint8_t *data;
    uint16_t data_len;
};
OTTER_MUST_CHECK int otter_put_p0(const struct otter_p0 *p0, uint8_t out[], uint16_t out_max);
/* A payload without action byte, as in an empty ACK, is OTTER_ERR_FORMAT. */
OTTER_MUST_CHECK int otter_get_p0(const struct otter_frame *frame, struct otter_p0 *out_p0);

/* ---- 0x09 configuration mode ---- */
enum otter_config_mode { OTTER_CONFIG_SOFTAP = 1, OTTER_CONFIG_AIRLINK = 2 };
OTTER_MUST_CHECK int otter_put_config_mode(enum otter_config_mode mode, uint8_t out[],
                                           uint16_t out_max);
OTTER_MUST_CHECK int otter_get_config_mode(const struct otter_frame *frame,
                                           enum otter_config_mode *out_mode);

/* ---- 0x0D module status: a bit field, and the RSSI 0..7 in bits 8..10 (valid with ROUTER)
 * ---- */
enum otter_status_bit {
    OTTER_STATUS_SOFTAP = 1 << 0,
    OTTER_STATUS_STATION = 1 << 1,
    OTTER_STATUS_ONBOARDING = 1 << 2,
    OTTER_STATUS_BINDING = 1 << 3,
    OTTER_STATUS_ROUTER = 1 << 4,
    OTTER_STATUS_CLOUD = 1 << 5,
    OTTER_STATUS_RSSI_SHIFT = 8,
    OTTER_STATUS_APP_ONLINE = 1 << 11,
    OTTER_STATUS_TEST = 1 << 12,
};
OTTER_MUST_CHECK int otter_put_status(uint16_t status, uint8_t out[], uint16_t out_max);
OTTER_MUST_CHECK int otter_get_status(const struct otter_frame *frame, uint16_t *out_status);

/* ---- 0x11, 0x12 illegal message: replaces the ACK of a bad frame and echoes its sn ---- */
enum otter_illegal {
    OTTER_ILLEGAL_CHECKSUM = 1,
    OTTER_ILLEGAL_COMMAND = 2,
    OTTER_ILLEGAL_OTHER = 3,
    OTTER_ILLEGAL_FILE_TYPE = 4, /* HEX asked for, but the file is not .hex */
};
OTTER_MUST_CHECK int otter_put_illegal(enum otter_illegal code, uint8_t out[],
                                       uint16_t out_max);
/* Any code comes through: 0 and those from 5 on are reserved. */
OTTER_MUST_CHECK int otter_get_illegal(const struct otter_frame *frame, uint8_t *out_code);

/* ---- 0x18 network time: local time (Beijing unless set otherwise) and NTP seconds since 1970
 * ---- Before the module has reached its cloud it says 1970-01-01 08:00:00, ntp_s 0; the
 * vendor's text promises zeros, so month and day may be 0. */
struct otter_time {
    uint16_t year;
    uint8_t month, day, hour, minute, second;
    uint32_t ntp_s;
};
OTTER_MUST_CHECK int otter_put_time(const struct otter_time *time, uint8_t out[],
                                    uint16_t out_max);
OTTER_MUST_CHECK int otter_get_time(const struct otter_frame *frame,
                                    struct otter_time *out_time);

/* ---- 0x19 offer of a file ---- */
struct otter_offer {
    uint32_t file_size;
    uint8_t md5_hex[32]; /* as received: READY must repeat it letter by letter */
};
enum {
    OTTER_OFFER_SIZE = 38,
    /* In the frame's flags, only to an MCU whose 0x02 says that it is an otter app: take the
     * file even if it is there already, or was tried often enough. */
    OTTER_OFFER_FLAGS_FORCED = 0x6F01,
};
OTTER_MUST_CHECK int otter_put_offer(const struct otter_offer *offer, uint8_t out[],
                                     uint16_t out_max);
/* Also checks that the MD5 length is 32 and its characters are hex digits. */
OTTER_MUST_CHECK int otter_get_offer(const struct otter_frame *frame,
                                     struct otter_offer *out_offer);

/* ---- 0x1B ready ---- */
enum { OTTER_READY_FLAG_HEX = 1, OTTER_READY_SIZE = 36 }; /* in the frame's flags */
struct otter_ready {
    uint8_t md5_hex[32];
    uint16_t piece_len; /* 0 = the module uses 256 */
};
OTTER_MUST_CHECK int otter_put_ready(const struct otter_ready *ready, uint8_t out[],
                                     uint16_t out_max);
OTTER_MUST_CHECK int otter_get_ready(const struct otter_frame *frame,
                                     struct otter_ready *out_ready);

/* ---- 0x1D piece: file offset = (number - 1) * piece_len; only the last piece is shorter
 * ---- */
enum { OTTER_PIECE_FLAG_HEX = 1, OTTER_PIECE_FLAG_LAST = 2, OTTER_PIECE_HEAD = 4 };
struct otter_piece {
    uint16_t number; /* from 1 */
    uint16_t count;  /* 0 in HEX transfers */
    const uint8_t *data;
    uint16_t data_len;
};
/* Number 0, a number beyond the count and a piece without data are errors. For put, `data` may
 * already be at out + OTTER_PIECE_HEAD. */
OTTER_MUST_CHECK int otter_put_piece(const struct otter_piece *piece, uint8_t out[],
                                     uint16_t out_max);
OTTER_MUST_CHECK int otter_get_piece(const struct otter_frame *frame,
                                     struct otter_piece *out_piece);

/* ---- 0x22 module information ---- */
enum otter_module_kind { OTTER_MODULE_WIFI = 1, OTTER_MODULE_GPRS = 2 };
struct otter_module_info {
    uint8_t kind; /* enum otter_module_kind */
    uint8_t protocol[8], hardware[8], version[8];
    uint8_t attr[8];
    uint8_t mac[16], ip[16];    /* Wi-Fi form */
    uint8_t imei[16], imsi[16]; /* GPRS form */
    uint8_t mcc[8], mnc[8];
    uint8_t cell_count, cell_size; /* cells follow: LAC 2, cell 2, RSSI 1 each */
    const uint8_t *cells;
};
OTTER_MUST_CHECK int otter_put_module_info(const struct otter_module_info *info, uint8_t out[],
                                           uint16_t out_max);
OTTER_MUST_CHECK int otter_get_module_info(const struct otter_frame *frame,
                                           struct otter_module_info *out_info);

/* ---- 0x23 / 0x25: check and download for a second MCU attached to this one ---- */
enum otter_transaction_kind {
    OTTER_TRANSACTION_CHECK = 1,
    OTTER_TRANSACTION_CHECK_RESULT = 2,
    OTTER_TRANSACTION_DOWNLOAD = 3,
    OTTER_TRANSACTION_DOWNLOAD_RESULT = 4,
};
struct otter_transaction {
    uint8_t kind;                                              /* CHECK or DOWNLOAD */
    uint8_t product_key[32], did[32], hardware[8], version[8]; /* CHECK */
    uint8_t check_flag; /* CHECK: 1 = compare in the module */
    const uint8_t *url; /* DOWNLOAD */
    uint16_t url_len;
};
struct otter_transaction_result {
    uint8_t kind;  /* CHECK_RESULT or DOWNLOAD_RESULT */
    uint8_t value; /* CHECK_RESULT: 1 = needed; DOWNLOAD_RESULT: 0 = good, 1 = failed */
    bool has_url;  /* CHECK_RESULT with check_flag 0: version and url instead of value */
    uint8_t version[8];
    const uint8_t *url;
    uint16_t url_len;
};
OTTER_MUST_CHECK int otter_put_transaction(const struct otter_transaction *transaction,
                                           uint8_t out[], uint16_t out_max);
OTTER_MUST_CHECK int otter_get_transaction(const struct otter_frame *frame,
                                           struct otter_transaction *out_transaction);
OTTER_MUST_CHECK int otter_put_transaction_result(const struct otter_transaction_result *result,
                                                  uint8_t out[], uint16_t out_max);
OTTER_MUST_CHECK int otter_get_transaction_result(const struct otter_frame *frame,
                                                  struct otter_transaction_result *out_result);

#ifdef __cplusplus
}
#endif
#endif
