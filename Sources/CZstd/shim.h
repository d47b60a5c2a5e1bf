#ifndef MDRUN_CZSTD_SHIM_H
#define MDRUN_CZSTD_SHIM_H
#include <zstd.h>
#endif
