/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_REST_ROUTE_H
#define CLOUD_REST_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cloud/store/record.h"
#include "cloud/rest/rest_body.h"

/* One call of the REST interface, as data: dispatch, roles, the check of its body and a
 * description of the interface (OpenAPI) all come from the same row.
 */
struct rest_call;

struct rest_route {
    const char *method;
    const char *path;               /* "{id}" stands for a number above 0 */
    enum token_role role;           /* at least; ROLE_NONE = anyone */
    const char *query;              /* names of its parameters, with spaces; "" = none */
    const struct rest_member *body; /* of its JSON body; NULL = takes none */
    bool takes_file;                /* the body is a file's bytes */
    void (*handle)(struct rest_call *call);
    const char *summary; /* one line for people */
};

/* All routes but the static files. */
const struct rest_route *rest_routes(size_t *out_count);

enum { REST_ALLOW_SIZE = 40 };

struct rest_match {
    const struct rest_route *route; /* NULL = none */
    int64_t id;                     /* what stood for {id}; 0 = no such segment */
    char allow[REST_ALLOW_SIZE];    /* "GET, POST": methods of this path; "" = no such path */
};

/* Find the route for `method` and `path`. HEAD is served as GET. */
void rest_find_route(const struct rest_route routes[], size_t count, const char *method,
                     const char *path, struct rest_match *out_match);

#endif
