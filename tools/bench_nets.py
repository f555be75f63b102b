"""Three nets, each as a spec and as the torch.nn that a user would write, for bench_train."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class Pair:
    """A spec and its twin; `shape` is that of a batch, `classes` those of its labels."""

    spec: str
    twin: Callable[[], nn.Module]
    shape: tuple[int, int, int, int]
    classes: int


LENET = """
blocks:
  conv:
    with: {out: }
    layers:
      - Convolution:
          {name: ., num_output: =out, kernel_size: 5, pad: 2, weight_filler: {type: xavier}}
      - ReLU
      - Pooling: {name: pool, kernel_size: 2, stride: 2}
layers:
  - conv: {name: conv1, bottom: data, out: 20}
  - conv: {name: conv2, out: 50}
  - InnerProduct: {name: ip1, num_output: 500, weight_filler: {type: xavier}}
  - ReLU
  - InnerProduct: {name: ip2, num_output: 10, weight_filler: {type: xavier}}
  - SoftmaxWithLoss: {name: loss, bottom: [ip2, label]}
"""
CIFAR = """
blocks:
  conv:
    with: {out: , pool: AVE}
    layers:
      - Convolution:
          {name: ., num_output: =out, kernel_size: 5, pad: 2, weight_filler: {type: msra}}
      - ReLU: {when: =pool == "AVE"}
      - Pooling: {name: pool, pool: =pool, kernel_size: 3, stride: 2}
      - ReLU: {when: =pool == "MAX"}
layers:
  - conv: {name: conv1, bottom: data, out: 32, pool: MAX}
  - conv: {name: conv2, out: 32}
  - conv: {name: conv3, out: 64}
  - InnerProduct: {name: ip1, num_output: 64, weight_filler: {type: xavier}}
  - InnerProduct: {name: ip2, num_output: 10, weight_filler: {type: xavier}}
  - SoftmaxWithLoss: {name: loss, bottom: [ip2, label]}
"""
RESNET = """
blocks:
  conv:
    with: {out: , kernel: 1, stride: 1}
    layers:
      - Convolution:
          {name: ., num_output: =out, kernel_size: =kernel, pad: =kernel // 2, stride: =stride,
           bias_term: false, weight_filler: {type: msra}}
      - BatchNorm
      - Scale: {bias_term: true}
  bottleneck:
    with: {width: , stride: 1, project: false}
    layers:
      - Eltwise:
          name: .
          of:
            body:
              - conv: {name: a, out: =width, stride: =stride}
              - ReLU
              - conv: {name: b, out: =width, kernel: 3}
              - ReLU
              - conv: {name: c, out: =4 * width}
            shortcut: [conv: {when: =project, name: ., out: =4 * width, stride: =stride}]
      - ReLU
  stage:
    with: {n: , width: , stride: 2}
    layers:
      - bottleneck: {name: first, width: =width, stride: =stride, project: true}
      - for: {i: =n - 1}
        layers: [bottleneck: {name: "next{i}", width: =width}]
layers:
  - conv: {name: conv1, bottom: data, out: 64, kernel: 7, stride: 2}
  - ReLU
  - Pooling: {name: pool1, kernel_size: 3, stride: 2}
  - stage: {name: conv2, n: 3, width: 64, stride: 1}
  - stage: {name: conv3, n: 4, width: 128}
  - stage: {name: conv4, n: 6, width: 256}
  - stage: {name: conv5, n: 3, width: 512}
  - Pooling: {name: pool5, pool: AVE, global_pooling: true}
  - InnerProduct: {name: fc, num_output: 1000, weight_filler: {type: xavier}}
  - SoftmaxWithLoss: {name: loss, bottom: [fc, label]}
"""


def lenet() -> nn.Module:
    """Caffe's LeNet."""
    from torch import nn

    return nn.Sequential(
        *(nn.Conv2d(1, 20, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(20, 50, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(200, 500), nn.ReLU(), nn.Linear(500, 10)),
    )


def cifar() -> nn.Module:
    """Caffe's cifar10_quick."""
    from torch import nn

    def pool() -> nn.Module:
        return nn.AvgPool2d(3, 2, ceil_mode=True)

    return nn.Sequential(
        *(nn.Conv2d(3, 32, 5, padding=2), nn.MaxPool2d(3, 2, ceil_mode=True), nn.ReLU()),
        *(nn.Conv2d(32, 32, 5, padding=2), nn.ReLU(), pool()),
        *(nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), pool()),
        *(nn.Flatten(), nn.Linear(1024, 64), nn.Linear(64, 10)),
    )


def resnet() -> nn.Module:
    """ResNet-50 with the strides of the paper."""
    from torch import nn

    def conv(inside: int, out: int, kernel: int = 1, stride: int = 1) -> nn.Module:
        made = nn.Conv2d(inside, out, kernel, stride, kernel // 2, bias=False)
        return nn.Sequential(made, nn.BatchNorm2d(out))

    class Bottleneck(nn.Module):
        def __init__(self, inside: int, width: int, stride: int) -> None:
            super().__init__()
            self.body = nn.Sequential(
                *(conv(inside, width, stride=stride), nn.ReLU(inplace=True)),
                *(conv(width, width, 3), nn.ReLU(inplace=True), conv(width, 4 * width)),
            )
            same = inside == 4 * width
            self.shortcut = nn.Identity() if same else conv(inside, 4 * width, stride=stride)
            self.relu = nn.ReLU(inplace=True)

        def forward(self, image: Tensor) -> Tensor:
            return self.relu(self.body(image) + self.shortcut(image))

    layers = [conv(3, 64, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, ceil_mode=True)]
    inside = 64
    for n, width, stride in ((3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2)):
        for i in range(n):
            layers.append(Bottleneck(inside, width, stride if i == 0 else 1))
            inside = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inside, 1000))


NETS = {
    "lenet": Pair(LENET, lenet, (64, 1, 8, 8), 10),
    "cifar": Pair(CIFAR, cifar, (100, 3, 32, 32), 10),
    "resnet-50": Pair(RESNET, resnet, (4, 3, 64, 64), 1000),
}
