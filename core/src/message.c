/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/message.h"
#include <string.h>
#include "otter/bytes.h"

/* Every function first checks the length, then copies between fixed offsets, so nothing is read
 * or written beyond a buffer. The offsets are those of docs/protocol.md chapter 2. */

enum { MD5_TEXT_LEN = 32 };

/* ---- 0x02 ---- */
enum {
    INFO_P0_VERSION = 8,
    INFO_HARDWARE = 16,
    INFO_VERSION = 24,
    INFO_PRODUCT_KEY = 32,
    INFO_BINDABLE = 64,
    INFO_ATTR = 66,
    INFO_SECRET = 74,
};

int otter_put_info(const struct otter_info *info, uint8_t out[], uint16_t out_max)
{
    int len = INFO_ATTR;

    if (info->has_attr) {
        len = info->has_secret ? OTTER_INFO_MAX : INFO_SECRET;
    } else if (info->has_secret) {
        return OTTER_ERR_RANGE;
    }
    if (out_max < len) {
        return OTTER_ERR_SPACE;
    }
    memcpy(out, info->protocol, 8);
    memcpy(out + INFO_P0_VERSION, info->p0_version, 8);
    memcpy(out + INFO_HARDWARE, info->hardware, 8);
    memcpy(out + INFO_VERSION, info->version, 8);
    memcpy(out + INFO_PRODUCT_KEY, info->product_key, 32);
    otter_put_be16(out + INFO_BINDABLE, info->bindable_s);
    if (len > INFO_ATTR) {
        memcpy(out + INFO_ATTR, info->attr, 8);
    }
    if (len > INFO_SECRET) {
        memcpy(out + INFO_SECRET, info->secret, 32);
    }
    return len;
}

int otter_get_info(const struct otter_frame *frame, struct otter_info *out_info)
{
    const uint8_t *in = frame->payload;
    unsigned len = frame->payload_len;

    /* Real modules accept any length from the attributes on, and ignore what they do not know.
     * A tail of another length than the secret's may be anything (v4.3.1 has a further data
     * area).
     */
    if (len != INFO_ATTR && len < INFO_SECRET) {
        return OTTER_ERR_FORMAT;
    }
    memset(out_info, 0, sizeof *out_info);
    memcpy(out_info->protocol, in, 8);
    memcpy(out_info->p0_version, in + INFO_P0_VERSION, 8);
    memcpy(out_info->hardware, in + INFO_HARDWARE, 8);
    memcpy(out_info->version, in + INFO_VERSION, 8);
    memcpy(out_info->product_key, in + INFO_PRODUCT_KEY, 32);
    out_info->bindable_s = otter_get_be16(in + INFO_BINDABLE);
    if (len >= INFO_SECRET) {
        out_info->has_attr = true;
        memcpy(out_info->attr, in + INFO_ATTR, 8);
    }
    if (len == OTTER_INFO_MAX) {
        out_info->has_secret = true;
        memcpy(out_info->secret, in + INFO_SECRET, 32);
    }
    return 0;
}

/* ---- the flags of 0x02 ---- */
enum {
    UPDATE_STATUS_MARK = OTTER_UPDATE_STATUS_MARK << 8, /* the low byte: */
    UPDATE_STATUS_MARK_MASK = 0xFF00,
    UPDATE_STATUS_TRIAL = 0x80,
    UPDATE_STATUS_REASON_MASK = 0x7F,
};

uint16_t otter_put_update_status(const struct otter_update_status *status)
{
    if (!status->is_otter) {
        return 0;
    }
    return (uint16_t)(UPDATE_STATUS_MARK | (status->on_trial ? UPDATE_STATUS_TRIAL : 0) |
                      (status->reason & UPDATE_STATUS_REASON_MASK));
}

void otter_get_update_status(const struct otter_frame *frame,
                             struct otter_update_status *out_status)
{
    memset(out_status, 0, sizeof *out_status);
    if ((frame->flags & UPDATE_STATUS_MARK_MASK) == UPDATE_STATUS_MARK) {
        out_status->is_otter = true;
        out_status->on_trial = (frame->flags & UPDATE_STATUS_TRIAL) != 0;
        out_status->reason = frame->flags & UPDATE_STATUS_REASON_MASK;
    }
}

/* ---- 0x03, 0x04, 0x05 ---- */
int otter_put_p0(const struct otter_p0 *p0, uint8_t out[], uint16_t out_max)
{
    if (out_max < p0->data_len + 1) {
        return OTTER_ERR_SPACE;
    }
    if (p0->data_len != 0) {
        memmove(out + 1, p0->data, p0->data_len);
    }
    out[0] = p0->action;
    return p0->data_len + 1;
}

int otter_get_p0(const struct otter_frame *frame, struct otter_p0 *out_p0)
{
    if (frame->payload_len < 1) {
        return OTTER_ERR_FORMAT;
    }
    out_p0->action = frame->payload[0];
    out_p0->data = frame->payload + 1;
    out_p0->data_len = (uint16_t)(frame->payload_len - 1U);
    return 0;
}

/* ---- 0x09, 0x0D, 0x11, 0x12: one number ---- */
static int put_byte(uint8_t value, uint8_t out[], uint16_t out_max)
{
    if (out_max < 1) {
        return OTTER_ERR_SPACE;
    }
    out[0] = value;
    return 1;
}

int otter_put_config_mode(enum otter_config_mode mode, uint8_t out[], uint16_t out_max)
{
    if (mode != OTTER_CONFIG_SOFTAP && mode != OTTER_CONFIG_AIRLINK) {
        return OTTER_ERR_RANGE;
    }
    return put_byte((uint8_t)mode, out, out_max);
}

int otter_get_config_mode(const struct otter_frame *frame, enum otter_config_mode *out_mode)
{
    if (frame->payload_len != 1) {
        return OTTER_ERR_FORMAT;
    }
    switch (frame->payload[0]) {
    case OTTER_CONFIG_SOFTAP:
        *out_mode = OTTER_CONFIG_SOFTAP;
        return 0;
    case OTTER_CONFIG_AIRLINK:
        *out_mode = OTTER_CONFIG_AIRLINK;
        return 0;
    default:
        return OTTER_ERR_FORMAT;
    }
}

int otter_put_status(uint16_t status, uint8_t out[], uint16_t out_max)
{
    if (out_max < 2) {
        return OTTER_ERR_SPACE;
    }
    otter_put_be16(out, status);
    return 2;
}

int otter_get_status(const struct otter_frame *frame, uint16_t *out_status)
{
    if (frame->payload_len != 2) {
        return OTTER_ERR_FORMAT;
    }
    *out_status = otter_get_be16(frame->payload);
    return 0;
}

int otter_put_illegal(enum otter_illegal code, uint8_t out[], uint16_t out_max)
{
    if ((int)code < OTTER_ILLEGAL_CHECKSUM || (int)code > OTTER_ILLEGAL_FILE_TYPE) {
        return OTTER_ERR_RANGE;
    }
    return put_byte((uint8_t)code, out, out_max);
}

int otter_get_illegal(const struct otter_frame *frame, uint8_t *out_code)
{
    if (frame->payload_len != 1) {
        return OTTER_ERR_FORMAT;
    }
    *out_code = frame->payload[0];
    return 0;
}

/* ---- 0x18 ---- */
enum { TIME_NTP = 7, TIME_SIZE = 11 };

/* The vendor's text promises zeros before the cloud is reached, so 0 is a month and a day
 * here. */
static bool is_time_possible(const struct otter_time *time)
{
    return time->month <= 12 && time->day <= 31 && time->hour <= 23 && time->minute <= 59 &&
           time->second <= 60;
}

int otter_put_time(const struct otter_time *time, uint8_t out[], uint16_t out_max)
{
    if (!is_time_possible(time)) {
        return OTTER_ERR_RANGE;
    }
    if (out_max < TIME_SIZE) {
        return OTTER_ERR_SPACE;
    }
    otter_put_be16(out, time->year);
    out[2] = time->month;
    out[3] = time->day;
    out[4] = time->hour;
    out[5] = time->minute;
    out[6] = time->second;
    otter_put_be32(out + TIME_NTP, time->ntp_s);
    return TIME_SIZE;
}

int otter_get_time(const struct otter_frame *frame, struct otter_time *out_time)
{
    const uint8_t *in = frame->payload;

    if (frame->payload_len != TIME_SIZE) {
        return OTTER_ERR_FORMAT;
    }
    out_time->year = otter_get_be16(in);
    out_time->month = in[2];
    out_time->day = in[3];
    out_time->hour = in[4];
    out_time->minute = in[5];
    out_time->second = in[6];
    out_time->ntp_s = otter_get_be32(in + TIME_NTP);
    return is_time_possible(out_time) ? 0 : OTTER_ERR_FORMAT;
}

/* ---- 0x19 ---- */
enum { OFFER_MD5_LEN = 4, OFFER_MD5 = 6 };

int otter_put_offer(const struct otter_offer *offer, uint8_t out[], uint16_t out_max)
{
    if (out_max < OTTER_OFFER_SIZE) {
        return OTTER_ERR_SPACE;
    }
    otter_put_be32(out, offer->file_size);
    otter_put_be16(out + OFFER_MD5_LEN, MD5_TEXT_LEN);
    memcpy(out + OFFER_MD5, offer->md5_hex, MD5_TEXT_LEN);
    return OTTER_OFFER_SIZE;
}

static bool is_hex(uint8_t c)
{
    uint8_t lower = c | 0x20U;

    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'f');
}

int otter_get_offer(const struct otter_frame *frame, struct otter_offer *out_offer)
{
    const uint8_t *in = frame->payload;

    if (frame->payload_len != OTTER_OFFER_SIZE ||
        otter_get_be16(in + OFFER_MD5_LEN) != MD5_TEXT_LEN) {
        return OTTER_ERR_FORMAT;
    }
    for (int i = 0; i < MD5_TEXT_LEN; i++) {
        if (!is_hex(in[OFFER_MD5 + i])) {
            return OTTER_ERR_FORMAT;
        }
    }
    out_offer->file_size = otter_get_be32(in);
    memcpy(out_offer->md5_hex, in + OFFER_MD5, MD5_TEXT_LEN);
    return 0;
}

/* ---- 0x1B ---- */
enum { READY_MD5 = 2, READY_PIECE_LEN = 34 };

int otter_put_ready(const struct otter_ready *ready, uint8_t out[], uint16_t out_max)
{
    if (out_max < OTTER_READY_SIZE) {
        return OTTER_ERR_SPACE;
    }
    otter_put_be16(out, MD5_TEXT_LEN);
    memcpy(out + READY_MD5, ready->md5_hex, MD5_TEXT_LEN);
    otter_put_be16(out + READY_PIECE_LEN, ready->piece_len);
    return OTTER_READY_SIZE;
}

int otter_get_ready(const struct otter_frame *frame, struct otter_ready *out_ready)
{
    const uint8_t *in = frame->payload;

    if (frame->payload_len != OTTER_READY_SIZE || otter_get_be16(in) != MD5_TEXT_LEN) {
        return OTTER_ERR_FORMAT;
    }
    memcpy(out_ready->md5_hex, in + READY_MD5, MD5_TEXT_LEN);
    out_ready->piece_len = otter_get_be16(in + READY_PIECE_LEN);
    return 0;
}

/* ---- 0x1D ---- */
static bool is_piece_possible(const struct otter_piece *piece)
{
    return piece->number != 0 && (piece->count == 0 || piece->number <= piece->count) &&
           piece->data_len != 0;
}

int otter_put_piece(const struct otter_piece *piece, uint8_t out[], uint16_t out_max)
{
    if (!is_piece_possible(piece)) {
        return OTTER_ERR_RANGE;
    }
    if (out_max < piece->data_len + OTTER_PIECE_HEAD) {
        return OTTER_ERR_SPACE;
    }
    memmove(out + OTTER_PIECE_HEAD, piece->data, piece->data_len); /* may be in place already */
    otter_put_be16(out, piece->number);
    otter_put_be16(out + 2, piece->count);
    return piece->data_len + OTTER_PIECE_HEAD;
}

int otter_get_piece(const struct otter_frame *frame, struct otter_piece *out_piece)
{
    if (frame->payload_len < OTTER_PIECE_HEAD) {
        return OTTER_ERR_FORMAT;
    }
    out_piece->number = otter_get_be16(frame->payload);
    out_piece->count = otter_get_be16(frame->payload + 2);
    out_piece->data = frame->payload + OTTER_PIECE_HEAD;
    out_piece->data_len = (uint16_t)(frame->payload_len - OTTER_PIECE_HEAD);
    return is_piece_possible(out_piece) ? 0 : OTTER_ERR_FORMAT;
}

/* ---- 0x22 ---- */
enum {
    MODULE_PROTOCOL = 1,
    MODULE_HARDWARE = 9,
    MODULE_VERSION = 17,
    MODULE_WIFI_MAC = 25,
    MODULE_WIFI_IP = 41,
    MODULE_WIFI_ATTR = 57,
    MODULE_WIFI_SIZE = 65,
    MODULE_GPRS_ATTR = 25,
    MODULE_GPRS_IMEI = 33,
    MODULE_GPRS_IMSI = 49,
    MODULE_GPRS_MCC = 65,
    MODULE_GPRS_MNC = 73,
    MODULE_GPRS_CELL_COUNT = 81,
    MODULE_GPRS_CELL_SIZE = 82,
    MODULE_GPRS_CELLS = 83,
};

int otter_put_module_info(const struct otter_module_info *info, uint8_t out[], uint16_t out_max)
{
    int cells_len = info->cell_count * info->cell_size;
    int len = MODULE_WIFI_SIZE;

    if (info->kind == OTTER_MODULE_GPRS) {
        len = MODULE_GPRS_CELLS + cells_len;
    } else if (info->kind != OTTER_MODULE_WIFI) {
        return OTTER_ERR_RANGE;
    }
    if (out_max < len) {
        return OTTER_ERR_SPACE;
    }
    out[0] = info->kind;
    memcpy(out + MODULE_PROTOCOL, info->protocol, 8);
    memcpy(out + MODULE_HARDWARE, info->hardware, 8);
    memcpy(out + MODULE_VERSION, info->version, 8);
    if (info->kind == OTTER_MODULE_WIFI) {
        memcpy(out + MODULE_WIFI_MAC, info->mac, 16);
        memcpy(out + MODULE_WIFI_IP, info->ip, 16);
        memcpy(out + MODULE_WIFI_ATTR, info->attr, 8);
        return len;
    }
    memcpy(out + MODULE_GPRS_ATTR, info->attr, 8);
    memcpy(out + MODULE_GPRS_IMEI, info->imei, 16);
    memcpy(out + MODULE_GPRS_IMSI, info->imsi, 16);
    memcpy(out + MODULE_GPRS_MCC, info->mcc, 8);
    memcpy(out + MODULE_GPRS_MNC, info->mnc, 8);
    out[MODULE_GPRS_CELL_COUNT] = info->cell_count;
    out[MODULE_GPRS_CELL_SIZE] = info->cell_size;
    if (cells_len != 0) {
        memcpy(out + MODULE_GPRS_CELLS, info->cells, (size_t)cells_len);
    }
    return len;
}

int otter_get_module_info(const struct otter_frame *frame, struct otter_module_info *out_info)
{
    const uint8_t *in = frame->payload;
    unsigned len = frame->payload_len;

    memset(out_info, 0, sizeof *out_info);
    if (len == MODULE_WIFI_SIZE && in[0] == OTTER_MODULE_WIFI) {
        memcpy(out_info->mac, in + MODULE_WIFI_MAC, 16);
        memcpy(out_info->ip, in + MODULE_WIFI_IP, 16);
        memcpy(out_info->attr, in + MODULE_WIFI_ATTR, 8);
    } else if (len >= MODULE_GPRS_CELLS && in[0] == OTTER_MODULE_GPRS &&
               len == MODULE_GPRS_CELLS +
                          (unsigned)in[MODULE_GPRS_CELL_COUNT] * in[MODULE_GPRS_CELL_SIZE]) {
        memcpy(out_info->attr, in + MODULE_GPRS_ATTR, 8);
        memcpy(out_info->imei, in + MODULE_GPRS_IMEI, 16);
        memcpy(out_info->imsi, in + MODULE_GPRS_IMSI, 16);
        memcpy(out_info->mcc, in + MODULE_GPRS_MCC, 8);
        memcpy(out_info->mnc, in + MODULE_GPRS_MNC, 8);
        out_info->cell_count = in[MODULE_GPRS_CELL_COUNT];
        out_info->cell_size = in[MODULE_GPRS_CELL_SIZE];
        out_info->cells = len > MODULE_GPRS_CELLS ? in + MODULE_GPRS_CELLS : NULL;
    } else {
        return OTTER_ERR_FORMAT;
    }
    out_info->kind = in[0];
    memcpy(out_info->protocol, in + MODULE_PROTOCOL, 8);
    memcpy(out_info->hardware, in + MODULE_HARDWARE, 8);
    memcpy(out_info->version, in + MODULE_VERSION, 8);
    return 0;
}

/* ---- 0x23, 0x25 ---- */
enum {
    CHECK_PRODUCT_KEY = 1,
    CHECK_DID = 33,
    CHECK_HARDWARE = 65,
    CHECK_VERSION = 73,
    CHECK_FLAG = 81,
    CHECK_SIZE = 82,
    RESULT_SIZE = 2, /* kind and value */
    RESULT_URL = 9,  /* after kind and version */
};

/* A URL: length 2, characters. */
static int put_url(const uint8_t url[], uint16_t url_len, uint8_t out[], unsigned out_max)
{
    if (out_max < url_len + 2U) {
        return OTTER_ERR_SPACE;
    }
    otter_put_be16(out, url_len);
    if (url_len != 0) {
        memcpy(out + 2, url, url_len);
    }
    return url_len + 2;
}

static int get_url(const uint8_t in[], unsigned len, const uint8_t **out_url,
                   uint16_t *out_url_len)
{
    if (len < 2 || otter_get_be16(in) != len - 2U) {
        return OTTER_ERR_FORMAT;
    }
    *out_url = in + 2;
    *out_url_len = (uint16_t)(len - 2U);
    return 0;
}

int otter_put_transaction(const struct otter_transaction *transaction, uint8_t out[],
                          uint16_t out_max)
{
    int len;

    switch (transaction->kind) {
    case OTTER_TRANSACTION_CHECK:
        if (out_max < CHECK_SIZE) {
            return OTTER_ERR_SPACE;
        }
        memcpy(out + CHECK_PRODUCT_KEY, transaction->product_key, 32);
        memcpy(out + CHECK_DID, transaction->did, 32);
        memcpy(out + CHECK_HARDWARE, transaction->hardware, 8);
        memcpy(out + CHECK_VERSION, transaction->version, 8);
        out[CHECK_FLAG] = transaction->check_flag;
        len = CHECK_SIZE - 1;
        break;
    case OTTER_TRANSACTION_DOWNLOAD:
        len = out_max < 1
                  ? OTTER_ERR_SPACE
                  : put_url(transaction->url, transaction->url_len, out + 1, out_max - 1U);
        break;
    default:
        return OTTER_ERR_RANGE;
    }
    if (len < 0) {
        return len;
    }
    out[0] = transaction->kind;
    return len + 1;
}

int otter_get_transaction(const struct otter_frame *frame,
                          struct otter_transaction *out_transaction)
{
    const uint8_t *in = frame->payload;

    memset(out_transaction, 0, sizeof *out_transaction);
    if (frame->payload_len < 1) {
        return OTTER_ERR_FORMAT;
    }
    out_transaction->kind = in[0];
    switch (in[0]) {
    case OTTER_TRANSACTION_CHECK:
        if (frame->payload_len != CHECK_SIZE) {
            return OTTER_ERR_FORMAT;
        }
        memcpy(out_transaction->product_key, in + CHECK_PRODUCT_KEY, 32);
        memcpy(out_transaction->did, in + CHECK_DID, 32);
        memcpy(out_transaction->hardware, in + CHECK_HARDWARE, 8);
        memcpy(out_transaction->version, in + CHECK_VERSION, 8);
        out_transaction->check_flag = in[CHECK_FLAG];
        return 0;
    case OTTER_TRANSACTION_DOWNLOAD:
        return get_url(in + 1, frame->payload_len - 1U, &out_transaction->url,
                       &out_transaction->url_len);
    default:
        return OTTER_ERR_FORMAT;
    }
}

int otter_put_transaction_result(const struct otter_transaction_result *result, uint8_t out[],
                                 uint16_t out_max)
{
    if (result->kind == OTTER_TRANSACTION_CHECK_RESULT && result->has_url) {
        int len = out_max < RESULT_URL ? OTTER_ERR_SPACE
                                       : put_url(result->url, result->url_len, out + RESULT_URL,
                                                 (unsigned)out_max - RESULT_URL);

        if (len < 0) {
            return len;
        }
        out[0] = result->kind;
        memcpy(out + 1, result->version, 8);
        return len + RESULT_URL;
    }
    if ((result->kind != OTTER_TRANSACTION_CHECK_RESULT &&
         result->kind != OTTER_TRANSACTION_DOWNLOAD_RESULT) ||
        result->has_url || result->value > 1) {
        return OTTER_ERR_RANGE;
    }
    if (out_max < RESULT_SIZE) {
        return OTTER_ERR_SPACE;
    }
    out[0] = result->kind;
    out[1] = result->value;
    return RESULT_SIZE;
}

int otter_get_transaction_result(const struct otter_frame *frame,
                                 struct otter_transaction_result *out_result)
{
    const uint8_t *in = frame->payload;
    unsigned len = frame->payload_len;

    memset(out_result, 0, sizeof *out_result);
    if (len < RESULT_SIZE || (in[0] != OTTER_TRANSACTION_CHECK_RESULT &&
                              in[0] != OTTER_TRANSACTION_DOWNLOAD_RESULT)) {
        return OTTER_ERR_FORMAT;
    }
    out_result->kind = in[0];
    if (len == RESULT_SIZE) {
        out_result->value = in[1];
        return in[1] <= 1 ? 0 : OTTER_ERR_FORMAT;
    }
    if (in[0] != OTTER_TRANSACTION_CHECK_RESULT || len < RESULT_URL) {
        return OTTER_ERR_FORMAT;
    }
    out_result->has_url = true;
    memcpy(out_result->version, in + 1, 8);
    return get_url(in + RESULT_URL, len - RESULT_URL, &out_result->url, &out_result->url_len);
}
