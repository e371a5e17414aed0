/* SPDX-License-Identifier: Apache-2.0 */
/* pkcs11_sign MODULE TOKEN KEY MESSAGE >SIGNATURE: sign a file with an Ed25519 key that stays
 * in an HSM.
 *
 * MODULE is the vendor's PKCS#11 library, TOKEN and KEY are labels; the PIN is in PKCS11_PIN.
 * An example for docs/signing.md, with the headers of p11-kit. Ed25519 wants the whole message
 * in one C_Sign(): PKCS#11 3.0, 2.3.14.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <p11-kit/pkcs11.h>

enum { MESSAGE_MAX = 65536, SLOTS_MAX = 64, SIGNATURE_SIZE = 64 };

static CK_FUNCTION_LIST *hsm;

static void die(const char *thing, const char *reason)
{
    fprintf(stderr, "pkcs11_sign: %s: %s\n", thing, reason);
    exit(1);
}

static void check(const char *call, CK_RV rv)
{
    char reason[32];

    if (rv != CKR_OK) {
        (void)snprintf(reason, sizeof reason, "error 0x%lx", (unsigned long)rv);
        die(call, reason);
    }
}

static void open_module(const char *path)
{
    void *module = dlopen(path, RTLD_NOW);
    CK_C_GetFunctionList get_list = NULL;

    if (module == NULL) {
        die(path, dlerror());
    }
    *(void **)&get_list = dlsym(module, "C_GetFunctionList"); /* POSIX, dlsym() */
    if (get_list == NULL) {
        die(path, "no PKCS#11 module");
    }
    check("C_GetFunctionList", get_list(&hsm));
    check("C_Initialize", hsm->C_Initialize(NULL));
}

/* Labels of tokens are 32 characters, filled up with blanks. Only the token that was named gets
 * the PIN: three wrong ones lock it. */
static CK_SESSION_HANDLE log_in(const char *label, char *pin)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    CK_TOKEN_INFO info;
    CK_SESSION_HANDLE session;
    char padded[sizeof info.label + 1];

    (void)snprintf(padded, sizeof padded, "%-*s", (int)sizeof info.label, label);
    check("C_GetSlotList", hsm->C_GetSlotList(CK_TRUE, slots, &count));
    for (CK_ULONG i = 0; i < count; i++) {
        if (hsm->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
            memcmp(info.label, padded, sizeof info.label) == 0) {
            check("C_OpenSession",
                  hsm->C_OpenSession(slots[i], CKF_SERIAL_SESSION, NULL, NULL, &session));
            check("C_Login",
                  hsm->C_Login(session, CKU_USER, (CK_UTF8CHAR *)pin, (CK_ULONG)strlen(pin)));
            return session;
        }
    }
    die(label, "no such token");
    return 0;
}

static CK_OBJECT_HANDLE find_key(CK_SESSION_HANDLE session, char *label)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_KEY_TYPE type = CKK_EC_EDWARDS;
    CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &class, sizeof class},
                             {CKA_KEY_TYPE, &type, sizeof type},
                             {CKA_LABEL, label, (CK_ULONG)strlen(label)}};
    CK_OBJECT_HANDLE keys[2];
    CK_ULONG count = 0;

    check("C_FindObjectsInit",
          hsm->C_FindObjectsInit(session, wanted, sizeof wanted / sizeof wanted[0]));
    check("C_FindObjects", hsm->C_FindObjects(session, keys, 2, &count));
    check("C_FindObjectsFinal", hsm->C_FindObjectsFinal(session));
    if (count != 1) {
        die(label, count == 0 ? "no such Ed25519 key" : "more than one key");
    }
    return keys[0];
}

int main(int argc, char **argv)
{
    static unsigned char message[MESSAGE_MAX];
    unsigned char signature[SIGNATURE_SIZE];
    CK_ULONG signature_len = sizeof signature;
    CK_MECHANISM eddsa = {CKM_EDDSA, NULL, 0}; /* no parameters: plain Ed25519 */
    char *pin = getenv("PKCS11_PIN");

    if (argc != 5 || pin == NULL) {
        fprintf(stderr,
                "Usage: PKCS11_PIN=... pkcs11_sign MODULE TOKEN KEY MESSAGE >SIGNATURE\n");
        return 2;
    }
    FILE *file = fopen(argv[4], "rb");
    size_t len = file != NULL ? fread(message, 1, sizeof message, file) : 0;
    if (file == NULL || ferror(file) != 0 || len == 0 || len == sizeof message) {
        die(argv[4], "cannot be read, empty or too long");
    }
    (void)fclose(file);
    open_module(argv[1]);
    CK_SESSION_HANDLE session = log_in(argv[2], pin);
    check("C_SignInit", hsm->C_SignInit(session, &eddsa, find_key(session, argv[3])));
    check("C_Sign", hsm->C_Sign(session, message, (CK_ULONG)len, signature, &signature_len));
    (void)hsm->C_Finalize(NULL);
    if (signature_len != sizeof signature ||
        fwrite(signature, 1, sizeof signature, stdout) != sizeof signature ||
        fflush(stdout) != 0) {
        die("signature", "not 64 bytes, or not written");
    }
    return 0;
}
