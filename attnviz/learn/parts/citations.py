"""The sources of the lessons, each written once."""

VASWANI = (
    "Vaswani, A. et al. (2017). *Attention is all you need.* NeurIPS 30. "
    "[arXiv:1706.03762](https://arxiv.org/abs/1706.03762)"
)
BAHDANAU = (
    "Bahdanau, D., Cho, K. and Bengio, Y. (2015). *Neural machine translation by jointly learning to align and "
    "translate.* ICLR. [arXiv:1409.0473](https://arxiv.org/abs/1409.0473)"
)
ALAMMAR = (
    "Alammar, J. (2018). *The illustrated transformer.* "
    "[jalammar.github.io/illustrated-transformer](https://jalammar.github.io/illustrated-transformer/)"
)
ANNOTATED = (
    "Rush, A. (2018), revised by Huang, A. et al. (2022). *The annotated transformer.* Harvard NLP. "
    "[nlp.seas.harvard.edu/annotated-transformer](https://nlp.seas.harvard.edu/annotated-transformer/)"
)
JAIN_WALLACE = (
    "Jain, S. and Wallace, B. C. (2019). *Attention is not explanation.* NAACL. "
    "[arXiv:1902.10186](https://arxiv.org/abs/1902.10186)"
)
WIEGREFFE_PINTER = (
    "Wiegreffe, S. and Pinter, Y. (2019). *Attention is not not explanation.* EMNLP. "
    "[arXiv:1908.04626](https://arxiv.org/abs/1908.04626)"
)
MICHEL = (
    "Michel, P., Levy, O. and Neubig, G. (2019). *Are sixteen heads really better than one?* NeurIPS 32. "
    "[arXiv:1905.10650](https://arxiv.org/abs/1905.10650)"
)
CLARK = (
    "Clark, K., Khandelwal, U., Levy, O. and Manning, C. D. (2019). *What does BERT look at? An analysis of BERT’s "
    "attention.* BlackboxNLP. [arXiv:1906.04341](https://arxiv.org/abs/1906.04341)"
)
PASCANU = (
    "Pascanu, R., Mikolov, T. and Bengio, Y. (2013). *On the difficulty of training recurrent neural networks.* ICML. "
    "[arXiv:1211.5063](https://arxiv.org/abs/1211.5063)"
)
HOCHREITER = (
    "Hochreiter, S. and Schmidhuber, J. (1997). *Long short-term memory.* Neural Computation 9(8). "
    "[doi:10.1162/neco.1997.9.8.1735](https://doi.org/10.1162/neco.1997.9.8.1735)"
)
LEVESQUE = (
    "Levesque, H., Davis, E. and Morgenstern, L. (2012). *The Winograd schema challenge.* KR. "
    "[aaai.org](https://cdn.aaai.org/ocs/4492/4492-21843-1-PB.pdf)"
)
ETHAYARAJH = (
    "Ethayarajh, K. (2019). *How contextual are contextualized word representations?* EMNLP. "
    "[arXiv:1909.00512](https://arxiv.org/abs/1909.00512)"
)
HE = (
    "He, K. et al. (2016). *Deep residual learning for image recognition.* CVPR. "
    "[arXiv:1512.03385](https://arxiv.org/abs/1512.03385)"
)
BA = (
    "Ba, J. L., Kiros, J. R. and Hinton, G. E. (2016). *Layer normalization.* "
    "[arXiv:1607.06450](https://arxiv.org/abs/1607.06450)"
)
KOBAYASHI = (
    "Kobayashi, G. et al. (2020). *Attention is not only a weight: analyzing transformers with vector norms.* EMNLP. "
    "[arXiv:2004.10102](https://arxiv.org/abs/2004.10102)"
)
XIONG = (
    "Xiong, R. et al. (2020). *On layer normalization in the transformer architecture.* ICML. "
    "[arXiv:2002.04745](https://arxiv.org/abs/2002.04745)"
)
