#include "textflag.h"

// Eight lines, interleaved. The operations are in the same order as in the Go function box, and none is fused, so that
// every sum is rounded as in box:
//
//	sum = ((0 + src[-k]) + …) + src[k]
//	dst[i] = max((sum + f*(src[i-k-1]+src[i+k+1])) * norm, 0);  sum += src[i+k+1] - src[i-k]

// func boxAVX2(dst, src *float32, n, k int, f, norm float32)
TEXT ·boxAVX2(SB), NOSPLIT, $0-40
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         n+16(FP), CX
	MOVQ         k+24(FP), AX
	VBROADCASTSS f+32(FP), Y6
	VBROADCASTSS norm+36(FP), Y7
	VXORPS       Y5, Y5, Y5

	// DX goes along the lower end, at src[i-k-1], R8 along the upper one, at src[i+k+1].
	MOVQ AX, BX
	SHLQ $5, BX
	LEAQ 32(SI)(BX*1), R8
	SUBQ BX, SI
	LEAQ -32(SI), DX

	VXORPS Y0, Y0, Y0
first:
	VADDPS (SI), Y0, Y0
	ADDQ   $32, SI
	CMPQ   SI, R8
	JB     first

next:
	VMOVUPS (R8), Y1
	VADDPS  (DX), Y1, Y2
	VMULPS  Y2, Y6, Y2
	VADDPS  Y2, Y0, Y2
	VMULPS  Y7, Y2, Y2
	VMAXPS  Y2, Y5, Y2         // of two zeros it returns the second unchanged
	VMOVUPS Y2, (DI)
	VSUBPS  32(DX), Y1, Y1
	VADDPS  Y1, Y0, Y0
	ADDQ    $32, DI
	ADDQ    $32, DX
	ADDQ    $32, R8
	DECQ    CX
	JNZ     next
	VZEROUPPER
	RET

// FOUR transposes four columns, at off in the eight rows that begin at SI and R8, into four rows that begin at DI. Each
// half of a register holds four rows.
#define FOUR(off) \
	VMOVUPS     off(SI), X0                  \
	VMOVUPS     off(SI)(CX*1), X1            \
	VMOVUPS     off(SI)(CX*2), X2            \
	VMOVUPS     off(SI)(DX*1), X3            \
	VINSERTF128 $1, off(R8), Y0, Y0          \
	VINSERTF128 $1, off(R8)(CX*1), Y1, Y1    \
	VINSERTF128 $1, off(R8)(CX*2), Y2, Y2    \
	VINSERTF128 $1, off(R8)(DX*1), Y3, Y3    \
	VUNPCKLPS   Y1, Y0, Y4                   \
	VUNPCKHPS   Y1, Y0, Y5                   \
	VUNPCKLPS   Y3, Y2, Y6                   \
	VUNPCKHPS   Y3, Y2, Y7                   \
	VUNPCKLPD   Y6, Y4, Y0                   \
	VUNPCKHPD   Y6, Y4, Y1                   \
	VUNPCKLPD   Y7, Y5, Y2                   \
	VUNPCKHPD   Y7, Y5, Y3                   \
	VMOVUPS     Y0, (DI)                     \
	VMOVUPS     Y1, (DI)(AX*1)               \
	LEAQ        (DI)(AX*2), DI               \
	VMOVUPS     Y2, (DI)                     \
	VMOVUPS     Y3, (DI)(AX*1)               \
	LEAQ        (DI)(AX*2), DI

// func turnAVX2(dst, src *float32, dstStep, srcStep int)
TEXT ·turnAVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ dstStep+16(FP), AX
	MOVQ srcStep+24(FP), CX
	LEAQ (CX)(CX*2), DX
	LEAQ (SI)(CX*4), R8
	FOUR(0)
	FOUR(16)
	VZEROUPPER
	RET

// func moveAVX2(dst, src *float32, n, dstStep, srcStep int)
TEXT ·moveAVX2(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ dstStep+24(FP), AX
	MOVQ srcStep+32(FP), BX

move:
	VMOVUPS (SI), Y0
	VMOVUPS Y0, (DI)
	ADDQ    BX, SI
	ADDQ    AX, DI
	DECQ    CX
	JNZ     move
	VZEROUPPER
	RET
