/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STOP_H
#define BOARD_STOP_H

/* Why a run returned: cpu_run(), board_run(), and all that run a board. */
enum board_stop {
    BOARD_STOP_TIME,   /* the time is over; nothing else stopped the run */
    BOARD_STOP_ASKED,  /* a stop was requested: by board_request_stop(), a debugger, a signal */
    BOARD_STOP_POWER,  /* the armed power cut happened: go on with board_power_on() */
    BOARD_STOP_LOCKUP, /* a fault in the fault handler; board_why() */
    BOARD_STOP_UNKNOWN, /* UNPREDICTABLE or not modelled; board_why() */
    BOARD_STOP_BKPT,    /* a BKPT instruction; r[15] stays on it */

    /* of cpu_run() only: a branch has led to a trap; r[15] stays on it */
    BOARD_STOP_TRAP,

    /* of run_board() only: an endpoint failed, or the flash could not be saved */
    BOARD_STOP_ENDPOINT,
    BOARD_STOP_STATE,
};

#endif
