/* SPDX-License-Identifier: Apache-2.0 */
#include "flash.h"
#include "layout.h"
#include "stm32f103.h"

/* The bootloader, but it takes a power-up for a fresh start and throws the journal away first.
 * An undisturbed update never notices; after a power cut in the installation nobody goes on
 * with it.
 */
void __wrap_reset_handler(void); /* named by the linker's --wrap */
void __real_reset_handler(void);

void __wrap_reset_handler(void)
{
    const struct otter_port *port = &stm32f103_flash;
    uint32_t causes = RCC->CSR;

    RCC->CSR = causes | RCC_CSR_RMVF;
    if ((causes & RCC_CSR_PORRSTF) != 0) {
        (void)port->erase(port->ctx, stm32f103_layout.journal.addr);
        (void)port->erase(port->ctx, stm32f103_layout.flag.addr);
    }
    __real_reset_handler();
}
