"""What a layer written in Python needs of pycaffe: a module `caffe`, and someone who calls it."""
