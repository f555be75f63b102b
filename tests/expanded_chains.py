"""What specs without blocks expand to: chains, names, settings in their places, rules."""

from __future__ import annotations

CHAINS = {
    "a chain": (
        "layers: [ReLU, Dropout: {dropout_ratio: 0.4}, TanH: , ReLU: {name: last}, ReLU]",
        [
            "relu = ReLU(data)",
            "dropout = Dropout(relu) dropout_param { dropout_ratio: 0.4 }",
            "tanh = TanH(dropout)",
            "last = ReLU(tanh)",
            "relu_2 = ReLU(last)",
        ],
    ),
    "short names": (
        "layers: [Convolution, BatchNorm, Scale, InnerProduct, Pooling, PReLU, ELU]",
        [
            "conv = Convolution(data)",
            "bn = BatchNorm(conv)",
            "scale = Scale(bn)",
            "fc = InnerProduct(scale)",
            "pool = Pooling(fc)",
            "prelu = PReLU(pool)",
            "elu = ELU(prelu)",
        ],
    ),
    "a given name is not given out again": (
        "layers: [ReLU: {name: relu}, ReLU, ReLU: {name: relu_3}, ReLU]",
        [
            "relu = ReLU(data)",
            "relu_2 = ReLU(relu)",
            "relu_3 = ReLU(relu_2)",
            "relu_4 = ReLU(relu_3)",
        ],
    ),
    "where settings go": (
        """\
layers:
  - Data:
      top: [data, label]
      source: here
      batch_size: 4
      transform_param: {scale: 0.5, mean_value: [1, 2]}
      include: {phase: TRAIN, stage: [a, b]}
  - InnerProduct:
      param: [{lr_mult: 1}, {lr_mult: 2, decay_mult: 0}]
      num_output: 5
      inner_product_param: {bias_term: false}
      weight_filler: {type: gaussian, std: 1e-3}
  - Accuracy: {bottom: [fc, label], top_k: 5, loss_weight: 0x1, propagate_down: [true, false]}
""",
        [
            "data: data, label = Data() transform_param { scale: 0.5 mean_value: 1 mean_value: 2 } "
            "data_param { source: here batch_size: 4 } "
            "include { phase: TRAIN stage: a stage: b }",
            "fc = InnerProduct(data) param { lr_mult: 1 } param { lr_mult: 2 decay_mult: 0 } "
            "inner_product_param { num_output: 5 weight_filler { type: gaussian std: 1e-3 } "
            "bias_term: false }",
            "accuracy = Accuracy(fc, label) loss_weight: 0x1 propagate_down: true "
            "propagate_down: false accuracy_param { top_k: 5 }",
        ],
    ),
    "what is not known goes where its nearest name is": (
        "layers: [Convolution: {num_ouput: 3}, ReLU: {botom: x}, ReLU: {lrn_param: {beta: 1}}]",
        [
            "conv = Convolution(data) convolution_param { num_ouput: 3 }",
            "relu = ReLU(conv) botom: x",
            "relu_2 = ReLU(relu) lrn_param { beta: 1 }",
        ],
    ),
    "a layer without tops": (
        "layers: [ReLU, Silence, TanH, TanH: {top: []}, ELU]",
        [
            "relu = ReLU(data)",
            "silence:  = Silence(relu)",
            "tanh = TanH(relu)",
            "tanh_2:  = TanH(tanh)",
            "elu = ELU(tanh)",
        ],
    ),
    "sources begin a chain and read nothing": (
        "layers: [ReLU, DummyData: {name: noise}, ReLU, ReLU: {bottom: []}]",
        [
            "relu = ReLU(data)",
            "noise = DummyData()",
            "relu_2 = ReLU(noise)",
            "relu_3 = ReLU()",
        ],
    ),
    "in some states only": (
        """\
layers:
  - InnerProduct: {num_output: 2}
  - Dropout: {include: {phase: TRAIN}}
  - BatchNorm: {name: bn, bottom: fc, include: {phase: TRAIN}}
  - BatchNorm: {name: bn, use_global_stats: true, exclude: [{phase: TRAIN}, {stage: s}]}
  - SoftmaxWithLoss: {bottom: [fc, data], include: {phase: TRAIN}}
  - Softmax: {name: prob, top: prob, include: {phase: TEST}}
  - Power
""",
        [
            "fc = InnerProduct(data) inner_product_param { num_output: 2 }",
            "dropout: fc = Dropout(fc) include { phase: TRAIN }",
            "bn: fc = BatchNorm(fc) include { phase: TRAIN }",
            "bn: fc = BatchNorm(fc) batch_norm_param { use_global_stats: true } "
            "exclude { phase: TRAIN } exclude { stage: s }",
            "loss = SoftmaxWithLoss(fc, data) include { phase: TRAIN }",
            "prob = Softmax(fc) include { phase: TEST }",
            "power = Power(prob)",
        ],
    ),
}
