# SPDX-License-Identifier: Apache-2.0
otter_test(LABEL unit NAME test_agent SOURCES test_agent.c test_agent_update.c
  test_agent_download.c test_agent_mcu.c test_agent_cuts.c agent_groups.c LIBS agent_fixture)
otter_test(LABEL unit NAME test_moduled_store SOURCES test_moduled_store.c LIBS moduled_store agent_fixture
  DEFINES _GNU_SOURCE)
