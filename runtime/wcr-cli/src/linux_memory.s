// memcpy, memmove, memcmp and bcmp for x86-64, in Intel's syntax.
//
// Copies of up to 128 bytes load everything before they store anything, from both ends towards the middle, so that
// neither a loop nor a look at how the two overlap is needed.

    .section .text.memcpy,"ax",@progbits
    .globl memcpy
    .globl memmove
    .type memcpy,@function
    .type memmove,@function
    .p2align 5
memcpy:
memmove:
    mov rax, rdi
    cmp rdx, 16
    jae 4f
    cmp edx, 8
    jae 3f
    cmp edx, 4
    jae 2f
    test edx, edx
    je 1f
    mov r8, rdx
    shr r8
    movzx ecx, byte ptr [rsi]
    movzx r9d, byte ptr [rsi + r8]
    movzx r10d, byte ptr [rsi + rdx - 1]
    mov byte ptr [rdi], cl
    mov byte ptr [rdi + r8], r9b
    mov byte ptr [rdi + rdx - 1], r10b
1:  ret

2:  mov ecx, dword ptr [rsi]
    mov r8d, dword ptr [rsi + rdx - 4]
    mov dword ptr [rdi], ecx
    mov dword ptr [rdi + rdx - 4], r8d
    ret

3:  mov rcx, qword ptr [rsi]
    mov r8, qword ptr [rsi + rdx - 8]
    mov qword ptr [rdi], rcx
    mov qword ptr [rdi + rdx - 8], r8
    ret

4:  movups xmm0, xmmword ptr [rsi]
    movups xmm7, xmmword ptr [rsi + rdx - 16]
    cmp rdx, 32
    ja 5f
    movups xmmword ptr [rdi], xmm0
    movups xmmword ptr [rdi + rdx - 16], xmm7
    ret

5:  movups xmm1, xmmword ptr [rsi + 16]
    movups xmm6, xmmword ptr [rsi + rdx - 32]
    cmp rdx, 64
    ja 6f
    movups xmmword ptr [rdi], xmm0
    movups xmmword ptr [rdi + 16], xmm1
    movups xmmword ptr [rdi + rdx - 32], xmm6
    movups xmmword ptr [rdi + rdx - 16], xmm7
    ret

6:  movups xmm2, xmmword ptr [rsi + 32]
    movups xmm3, xmmword ptr [rsi + 48]
    movups xmm4, xmmword ptr [rsi + rdx - 64]
    movups xmm5, xmmword ptr [rsi + rdx - 48]
    cmp rdx, 128
    ja 7f
    movups xmmword ptr [rdi], xmm0
    movups xmmword ptr [rdi + 16], xmm1
    movups xmmword ptr [rdi + 32], xmm2
    movups xmmword ptr [rdi + 48], xmm3
    movups xmmword ptr [rdi + rdx - 64], xmm4
    movups xmmword ptr [rdi + rdx - 48], xmm5
    movups xmmword ptr [rdi + rdx - 32], xmm6
    movups xmmword ptr [rdi + rdx - 16], xmm7
    ret

    // More than 128 bytes. The first 64 are in xmm0 to xmm3, the last 64 in xmm4 to xmm7.
7:  mov rcx, rdi
    sub rcx, rsi
    cmp rcx, rdx
    jb 10f
    cmp rdx, 2048
    jae 9f
    lea r9, [rdi + rdx - 64]
8:  movups xmm0, xmmword ptr [rsi]
    movups xmm1, xmmword ptr [rsi + 16]
    movups xmm2, xmmword ptr [rsi + 32]
    movups xmm3, xmmword ptr [rsi + 48]
    movups xmmword ptr [rdi], xmm0
    movups xmmword ptr [rdi + 16], xmm1
    movups xmmword ptr [rdi + 32], xmm2
    movups xmmword ptr [rdi + 48], xmm3
    add rsi, 64
    add rdi, 64
    cmp rdi, r9
    jb 8b
    movups xmmword ptr [r9], xmm4
    movups xmmword ptr [r9 + 16], xmm5
    movups xmmword ptr [r9 + 32], xmm6
    movups xmmword ptr [r9 + 48], xmm7
    ret

    // Much: by the processor's own loop, from an aligned place on; both ends are stored last.
9:  lea r9, [rdi + rdx - 16]
    mov rcx, rdi
    neg rcx
    and ecx, 15
    add rsi, rcx
    add rdi, rcx
    sub rdx, rcx
    mov rcx, rdx
    shr rcx, 3
    rep movsq
    movups xmmword ptr [rax], xmm0
    movups xmmword ptr [r9], xmm7
    ret

    // The target begins within the source: from the end on.
10: lea r8, [rdi + 64]
    lea rcx, [rdi + rdx]
    lea r9, [rsi + rdx]
    movups xmm4, xmm0
    movups xmm5, xmm1
    movups xmm6, xmm2
    movups xmm7, xmm3
11: movups xmm0, xmmword ptr [r9 - 64]
    movups xmm1, xmmword ptr [r9 - 48]
    movups xmm2, xmmword ptr [r9 - 32]
    movups xmm3, xmmword ptr [r9 - 16]
    movups xmmword ptr [rcx - 64], xmm0
    movups xmmword ptr [rcx - 48], xmm1
    movups xmmword ptr [rcx - 32], xmm2
    movups xmmword ptr [rcx - 16], xmm3
    sub r9, 64
    sub rcx, 64
    cmp rcx, r8
    ja 11b
    movups xmmword ptr [rdi], xmm4
    movups xmmword ptr [rdi + 16], xmm5
    movups xmmword ptr [rdi + 32], xmm6
    movups xmmword ptr [rdi + 48], xmm7
    ret
    .size memcpy, . - memcpy
    .size memmove, . - memmove

    .section .text.memcmp,"ax",@progbits
    .globl memcmp
    .globl bcmp
    .type memcmp,@function
    .type bcmp,@function
    .p2align 5
memcmp:
bcmp:
    cmp rdx, 16
    jb 5f
2:  movups xmm0, xmmword ptr [rdi]
    movups xmm1, xmmword ptr [rsi]
    pcmpeqb xmm0, xmm1
    pmovmskb eax, xmm0
    xor eax, 0xffff
    jne 4f
    sub rdx, 16
    je 3f
    add rdi, 16
    add rsi, 16
    cmp rdx, 16
    jae 2b
    // What is left, less than 16 bytes, with some before it that are the same.
    lea rdi, [rdi + rdx - 16]
    lea rsi, [rsi + rdx - 16]
    mov edx, 16
    jmp 2b
3:  ret
4:  bsf ecx, eax
    movzx eax, byte ptr [rdi + rcx]
    movzx edx, byte ptr [rsi + rcx]
    sub eax, edx
    ret

5:  cmp edx, 8
    jb 6f
    mov rax, qword ptr [rdi]
    mov rcx, qword ptr [rsi]
    cmp rax, rcx
    jne 8f
    mov rax, qword ptr [rdi + rdx - 8]
    mov rcx, qword ptr [rsi + rdx - 8]
    cmp rax, rcx
    jne 8f
    xor eax, eax
    ret
6:  test edx, edx
    je 9f
    xor r8d, r8d
7:  movzx eax, byte ptr [rdi + r8]
    movzx ecx, byte ptr [rsi + r8]
    sub eax, ecx
    jne 10f
    inc r8
    cmp r8, rdx
    jb 7b
    ret
8:  bswap rax
    bswap rcx
    cmp rax, rcx
    sbb eax, eax
    or eax, 1
    ret
9:  xor eax, eax
10: ret
    .size memcmp, . - memcmp
    .size bcmp, . - bcmp
    .text
