#ifndef MDRUN_COPENBLAS_SHIM_H
#define MDRUN_COPENBLAS_SHIM_H
#include <cblas.h>
#endif
